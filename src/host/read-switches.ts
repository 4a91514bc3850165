/** Open vSwitch's bridges and ports, asked of its database by JSON-RPC on a unix socket (RFC 7047). */
import { connect } from 'node:net';
import { type SwitchRows } from '../inspect/host-facts.ts';
import { switchFolder } from '../inspect/claims-openvswitch.ts';
import { type Sight } from './sight.ts';

const socketPath = `${switchFolder}/db.sock`;
const patienceMs = 2000;

const columns = {
  Bridge: ['_uuid', 'name', 'datapath_type', 'ports'],
  Port: ['_uuid', 'name', 'tag', 'interfaces'],
  Interface: ['_uuid', 'name', 'type'],
} as const;

type Row = Readonly<Record<string, unknown>>;

const request = `${JSON.stringify({
  id: 0,
  method: 'transact',
  params: [
    'Open_vSwitch',
    ...Object.entries(columns).map(([table, wanted]) => ({ op: 'select', table, where: [], columns: wanted })),
  ],
})}\n`;

/** A set of one is told as the value itself; `['uuid', text]` is an identifier. */
const idsIn = (value: unknown): readonly string[] => {
  if (!Array.isArray(value)) return [];
  const [kind, inner] = value as [unknown, unknown];
  if (kind === 'uuid') return [String(inner)];
  return kind === 'set' && Array.isArray(inner) ? inner.flatMap(idsIn) : [];
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const switchRowsOf = (reply: unknown): SwitchRows | undefined => {
  const results = (reply as { result?: unknown } | null)?.result;
  if (!Array.isArray(results)) return undefined;
  const all: readonly unknown[] = results;
  const rowsOf = (result: unknown): readonly Row[] => (result as { rows?: readonly Row[] } | null)?.rows ?? [];
  const [bridges = [], ports = [], interfaces = []] = all.map(rowsOf);
  const byId = (rows: readonly Row[]): ReadonlyMap<string, Row> =>
    new Map(rows.flatMap((row) => idsIn(row['_uuid']).map((id) => [id, row] as const)));
  const [portOf, interfaceOf] = [byId(ports), byId(interfaces)];
  const pick = (from: ReadonlyMap<string, Row>, value: unknown): readonly Row[] =>
    idsIn(value).flatMap((id): readonly Row[] => {
      const row = from.get(id);
      return row === undefined ? [] : [row];
    });
  return {
    bridges: bridges.map((bridge) => ({
      name: textOf(bridge['name']),
      datapath: textOf(bridge['datapath_type']) || 'system',
      ports: pick(portOf, bridge['ports']).map((port) => ({
        name: textOf(port['name']),
        ...(typeof port['tag'] === 'number' ? { tag: port['tag'] } : {}),
        interfaces: pick(interfaceOf, port['interfaces']).map((it) => ({
          name: textOf(it['name']),
          type: textOf(it['type']),
        })),
      })),
    })),
  };
};

/** The first whole JSON value that comes; the database may ask whether we live before it answers. */
const answerIn = (text: string): unknown => {
  for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}', end + 1)) {
    try {
      return JSON.parse(text.slice(0, end + 1));
    } catch {
      // Not whole yet.
    }
  }
  return undefined;
};

const asked = (): Promise<unknown> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(socketPath);
    socket.setTimeout(patienceMs, () => socket.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(request));
    socket.on('data', (part) => {
      text += String(part);
      const answer = answerIn(text);
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
  });

/** Undefined where no Open vSwitch runs, or none that this user may ask. */
export const readSwitches = async (sight: Sight): Promise<SwitchRows | undefined> => {
  if (sight.names(switchFolder)?.includes('db.sock') !== true) return undefined;
  try {
    return switchRowsOf(await asked());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
    sight.miss(socketPath, code === 'EACCES' ? 'not open to this user' : message);
    return undefined;
  }
};
