/**
 * What the kernel tells of a link beyond its settings: other names, the device it is, the namespace of its other end, what
 * a tap is (rtnetlink(7), linux/if_link.h, if_tun.h, net_namespace.h).
 */
import { linkOf, type Link } from './link-dumps.ts';
import {
  messageBytes,
  NLM_F_ACK,
  readAttributes,
  readEach,
  readText,
  readU32,
  type Attribute,
} from './netlink-message.ts';
import { dump, type NetlinkSocket } from './netlink-socket.ts';
import { IFLA, IFLA_INFO } from './rtnetlink-numbers.ts';

const RTM_GETLINK = 18;
const RTM_NEWNSID = 88;
const RTM_GETNSID = 90;
const RTEXT_FILTER_SKIP_STATS = 8;

const more = { alias: 20, linkNetNsId: 37, properties: 52, altname: 53, parentName: 56, parentBus: 57 } as const;
const IFLA_TUN = { owner: 1, type: 3, persist: 6 } as const;
const IFF_TAP = 2;
const NETNSA = { id: 1, pid: 2, fd: 3 } as const;

export interface LinkSurroundings {
  readonly link: Link;
  readonly altnames: readonly string[];
  readonly alias: string | undefined;
  /** Bus and name there of the device that it is (since Linux 5.14). */
  readonly parent: { readonly bus: string; readonly name: string } | undefined;
  /** The kernel's number, in this namespace, for the one that its other end is in; undefined: this one. */
  readonly farNamespace: number | undefined;
  readonly tap:
    { readonly isTap: boolean; readonly isPersistent: boolean; readonly owner: number | undefined } | undefined;
}

const tapIn = (info: ReadonlyMap<number, Buffer>): LinkSurroundings['tap'] => {
  const data = info.get(IFLA_INFO.data);
  if (readText(info.get(IFLA_INFO.kind)) !== 'tun' || data === undefined) return undefined;
  const attributes = readAttributes(data);
  return {
    isTap: attributes.get(IFLA_TUN.type)?.[0] === IFF_TAP,
    isPersistent: attributes.get(IFLA_TUN.persist)?.[0] === 1,
    owner: readU32(attributes.get(IFLA_TUN.owner)),
  };
};

const surroundingsOf = (body: Buffer): LinkSurroundings => {
  const attributes = readAttributes(body.subarray(16));
  const [bus, name] = [readText(attributes.get(more.parentBus)), readText(attributes.get(more.parentName))];
  const properties = attributes.get(more.properties) ?? Buffer.alloc(0);
  return {
    link: linkOf(body),
    altnames: readEach(properties, more.altname).flatMap((value) => readText(value) ?? []),
    alias: readText(attributes.get(more.alias)),
    parent: bus === undefined || name === undefined ? undefined : { bus, name },
    farNamespace: attributes.get(more.linkNetNsId)?.readInt32LE(0),
    tap: tapIn(readAttributes(attributes.get(IFLA.linkInfo) ?? Buffer.alloc(0))),
  };
};

export const readLinkSurroundings = (socket: NetlinkSocket): LinkSurroundings[] =>
  dump(socket, {
    type: RTM_GETLINK,
    fixed: Buffer.alloc(16),
    attributes: [[IFLA.extMask, RTEXT_FILTER_SKIP_STATS]],
  }).map(({ body }) => surroundingsOf(body));

/** The kernel's number for another namespace; undefined where it has none, as nothing here leads there. */
export const namespaceNumber = (
  socket: NetlinkSocket,
  of: { readonly fd: number } | { readonly pid: number },
): number | undefined => {
  const sequence = (socket.sequence += 1);
  socket.sequence += 1;
  const attribute: Attribute = 'fd' in of ? [NETNSA.fd, of.fd] : [NETNSA.pid, of.pid];
  const request = { type: RTM_GETNSID, flags: NLM_F_ACK, fixed: Buffer.alloc(4), attributes: [attribute] };
  const answer = socket
    .exchange(messageBytes(request, sequence), sequence, 1)
    .find(({ type, sequence: to }) => type === RTM_NEWNSID && to === sequence);
  const number =
    answer === undefined ? undefined : readAttributes(answer.body.subarray(4)).get(NETNSA.id)?.readInt32LE(0);
  return number === undefined || number < 0 ? undefined : number;
};
