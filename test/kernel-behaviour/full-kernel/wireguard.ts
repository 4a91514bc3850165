/** WireGuard: allowed prefixes both ways, endpoints that are said and found, what has to get through outside. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../../src/state/normal-form.ts';
import { type Interface, type NetworkState, type Stack, type WireguardPeer } from '../../../src/state/network-state.ts';
import { agree, type Bench, type Row } from '../bench/bench.ts';
import { tcp } from '../bench/flows.ts';
import { chain, natChain, network, nic, oif, route, rule, stack, table } from '../bench/network.ts';

const fromUrl = (text = ''): string => Buffer.from(text, 'base64url').toString('base64');

const newKeys = () => {
  const { x, d } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { publicKey: fromUrl(x), secret: fromUrl(d) };
};

const keys = { a: newKeys(), b: newKeys() };
const fileOf = (end: 'a' | 'b'): string => `/run/${end}.key`;

interface End {
  readonly allowed: readonly string[];
  readonly endpoint?: string | undefined;
  readonly keepaliveSeconds?: number;
  /** The key that it expects of the other end, where that is another; and whether the state says its own. */
  readonly expected?: string;
  readonly saysKey?: boolean;
}

const device = (own: 'a' | 'b', addresses: readonly string[], end: End): Interface => {
  const { allowed, endpoint, keepaliveSeconds, expected, saysKey = false } = end;
  const peer: WireguardPeer = {
    publicKey: expected ?? keys[own === 'a' ? 'b' : 'a'].publicKey,
    allowedPrefixes: allowed,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keepaliveSeconds === undefined ? {} : { keepaliveSeconds }),
  };
  const { publicKey } = keys[own];
  const wireguard = {
    ...{ privateKeyFile: fileOf(own), listenPort: 51820, peers: [peer] },
    ...(saysKey ? { publicKey } : {}),
  };
  return nic(addresses, { kind: 'wireguard', mtuBytes: 1420, wireguard });
};

interface Around {
  readonly a?: Partial<End>;
  readonly b?: Partial<End>;
  readonly atR?: Partial<Stack>;
}

const toB = '10.2.0.1:51820';
const toA = '10.1.0.1:51820';

/** a and b with a WireGuard device each, over r. */
const between = ({ a = {}, b = {}, atR = {} }: Around = {}): NetworkState =>
  network(
    {
      a: stack(
        {
          e0: nic(['10.1.0.1/24']),
          wg0: device('a', ['10.9.0.1/24', 'fd99::1/64'], {
            allowed: ['10.9.0.2/32', '10.8.0.0/24', 'fd99::2/128'],
            endpoint: toB,
            ...a,
          }),
        },
        { routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('10.8.0.0/24', 'dev wg0')] },
      ),
      b: stack(
        {
          e0: nic(['10.2.0.1/24']),
          wg0: device('b', ['10.9.0.2/24', '10.8.0.1/24', 'fd99::2/64'], {
            allowed: ['10.9.0.1/32', 'fd99::1/128'],
            endpoint: toA,
            ...b,
          }),
        },
        { routes: [route('default', '10.2.0.254', { dev: 'e0' })] },
      ),
      r: stack(
        { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']) },
        { sysctls: { 'net/ipv4/ip_forward': '1' }, ...atR },
      ),
    },
    ['a.e0 r.e0', 'b.e0 r.e1'],
  );

const port51820 = { kind: 'port', protocol: 'udp', ports: [51820] } as const;

export const wireguard = (bench: Bench): void => {
  /** Keys have to be in their files before: they go there by standard input. Ends that say theirs are handed them. */
  const laid = async (state: NetworkState): Promise<void> => {
    await bench.lay({ version: 1, stacks: { a: stack({}) }, cables: [] });
    for (const end of ['a', 'b'] as const)
      await bench.ask({
        do: 'run',
        stack: 'a',
        argv: ['sh', '-c', `umask 077; cat > ${fileOf(end)}`],
        input: `${keys[end].secret}\n`,
      });
    const known = Object.values(keys).map(({ publicKey, secret }) => [publicKey, secret] as const);
    await bench.ask({ do: 'tell-keys', keys: Object.fromEntries(known) });
    await bench.change(state);
  };
  const holds = async (state: NetworkState, rows: readonly Row[]): Promise<void> => {
    await laid(state);
    await agree(bench, state, rows);
  };

  describe('WireGuard', () => {
    it('is observed as it was asked for, without a key', async () => {
      const state = normalize(between());
      await laid(state);
      const { state: seen } = await bench.ask({ do: 'observe' });
      const settings = (whole: NetworkState) =>
        ['a', 'b'].map((end) => whole.stacks[end]?.interfaces['wg0']?.wireguard);
      expect(settings(normalize(seen))).toEqual(settings(state));
      expect(JSON.stringify(seen)).not.toContain(keys.a.secret);
    });

    it('carries what its peers may have, both families', async () => {
      await holds(between(), [
        ['out', tcp('a', '10.9.0.2'), 'answer', '10.9.0.1'],
        ['in', tcp('b', '10.9.0.1'), 'answer'],
        ['a prefix behind', tcp('a', '10.8.0.1'), 'answer'],
        ['IPv6', tcp('a', 'fd99::2'), 'answer'],
        ['nobody may have it', tcp('a', '10.9.0.77'), 'host-unreachable'],
      ]);
    });

    it('takes from a peer what that may send, and nothing else', async () => {
      await holds(between({ b: { allowed: ['10.9.0.7/32'] } }), [
        ['from another address', tcp('a', '10.9.0.2'), 'timeout'],
        ['back to it', tcp('b', '10.9.0.1'), 'host-unreachable'],
      ]);
    });

    it('finds a peer that has spoken first, behind address translation too', async () => {
      const unknown = between({ b: { endpoint: undefined } });
      await holds(unknown, [['who was not told', tcp('b', '10.9.0.1'), 'host-unreachable']]);
      await holds(unknown, [['once it was heard from', tcp('a', '10.9.0.2'), 'answer']]);
      const filter = [table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]))];
      await holds(between({ b: { endpoint: undefined }, atR: { filter } }), [
        ['behind translation', tcp('a', '10.9.0.2'), 'answer', '10.9.0.1'],
      ]);
    });

    it('hears nobody but who has the key that it knows', async () => {
      const [stranger, saysKey] = [newKeys().publicKey, true];
      const row: Row = ['another key', tcp('a', '10.9.0.2'), 'timeout'];
      await holds(between({ a: { saysKey }, b: { saysKey, expected: stranger } }), [row]);
      await holds(between({ a: { saysKey, expected: stranger }, b: { saysKey } }), [row]);
    });

    it('knows where a peer is that keeps a way open, behind address translation too', async () => {
      const filter = [table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]))];
      const a = { saysKey: true, keepaliveSeconds: 25 };
      const state = between({ a, b: { saysKey: true, endpoint: undefined }, atR: { filter } });
      await laid(state);
      const isHeard = 'until grep -q "wg0: *[1-9]" /proc/net/dev; do sleep 0.1; done';
      await bench.ask({ do: 'run', stack: 'b', argv: ['timeout', '30', 'sh', '-c', isHeard] });
      await agree(bench, state, [['who was not told', tcp('b', '10.9.0.1'), 'answer', '10.9.0.2']]);
    });

    it('forgets no session of a peer when another one changes', async () => {
      const b = { endpoint: undefined };
      await holds(between({ b }), [['spoken', tcp('a', '10.9.0.2'), 'answer']]);
      const grown = between({ b: { endpoint: undefined, allowed: ['10.9.0.1/32', '10.7.0.0/24', 'fd99::1/128'] } });
      await bench.change(grown);
      const heard = await bench.ask({ do: 'run', stack: 'b', argv: ['ping', '-c', '1', '-W', '2', '10.9.0.1'] });
      expect(heard).toMatchObject({ status: 0 });
    });

    it('has any number of peers, with any number of prefixes', async () => {
      const others = Array.from({ length: 900 }, (_, number) => ({
        publicKey: newKeys().publicKey,
        allowedPrefixes: [`10.77.${number >> 8}.${number & 255}/32`],
      }));
      const many = Array.from({ length: 1200 }, (_, number) => `fd77:0:0:${(number + 1).toString(16)}::/64`);
      const { stacks, ...rest } = between({ a: { allowed: ['10.9.0.2/32', ...many] } });
      const end = stacks['a']?.interfaces['wg0'];
      if (stacks['a'] === undefined || end?.wireguard === undefined) throw new Error('there is no end');
      const wg0 = { ...end, wireguard: { ...end.wireguard, peers: [...end.wireguard.peers, ...others] } };
      const a = { ...stacks['a'], interfaces: { ...stacks['a'].interfaces, wg0 } };
      const state = normalize({ ...rest, stacks: { ...stacks, a } });
      await laid(state);
      const { state: seen } = await bench.ask({ do: 'observe' });
      expect(normalize(seen).stacks['a']?.interfaces['wg0']?.wireguard).toEqual(
        state.stacks['a']?.interfaces['wg0']?.wireguard,
      );
    });

    it('is told no other place of a peer once that has moved', async () => {
      const filter = [table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]))];
      const state = normalize(between({ atR: { filter } }));
      await holds(state, [['from another place than was told', tcp('a', '10.9.0.2'), 'answer', '10.9.0.1']]);
      const { state: seen } = await bench.ask({ do: 'observe' });
      expect(normalize(seen).stacks['b']?.interfaces['wg0']?.wireguard).toEqual(
        state.stacks['b']?.interfaces['wg0']?.wireguard,
      );
    });

    it('is refused where nobody has the key of an end', async () => {
      await laid(between());
      await bench.ask({ do: 'tell-keys', keys: {} });
      const { failure } = await bench.ask({ do: 'apply', state: between({ a: { saysKey: true } }) });
      expect(failure).toContain(`nobody has the private key of a/wg0 to ${keys.a.publicKey}`);
    });

    it('is UDP on the way', async () => {
      const filter = [table('ip', chain('forward', 'accept', [rule('drop', port51820)]))];
      await holds(between({ atR: { filter } }), [['dropped', tcp('a', '10.9.0.2'), 'timeout']]);
    });
  });
};
