/** IP inside IPv4: 6in4, 6to4, 6rd, GRE, IPv4 in IPv4. */
import { describe, expect, it } from 'vitest';
import { type Flow } from '../../../src/reach/walk.ts';
import {
  type Interface,
  type NetworkState,
  type Route,
  type Stack,
  type TunnelSettings,
} from '../../../src/state/network-state.ts';
import { tunnelRouting } from '../../../src/state/tunnel-routing.ts';
import { holds, probe, verdictOf, type Bench } from '../bench/bench.ts';
import { ping, tcp } from '../bench/flows.ts';
import { chain, natChain, network, nic, oif, route, rule, special, stack, switchOf, table } from '../bench/network.ts';

const tunnel = (settings: TunnelSettings, addresses: readonly string[], mtuBytes = 1480): Interface =>
  nic(addresses, { kind: 'tunnel', mtuBytes, tunnel: settings });

interface Around {
  readonly atA?: Partial<Stack>;
  readonly atB?: Partial<Stack>;
  readonly atR?: Partial<Stack>;
  readonly mtuBytes?: number;
}

/** a and b with a tunnel `t` each over r, which knows IPv4 only. */
const between = (atA: Interface, atB: Interface, around: Around = {}): NetworkState =>
  network(
    {
      a: stack(
        { e0: nic(['10.1.0.1/24']), t: atA },
        { routes: [route('default', '10.1.0.254', { dev: 'e0' })], ...around.atA },
      ),
      b: stack(
        { e0: nic(['10.2.0.1/24']), t: atB, e1: nic(['fd09::1/64']) },
        { routes: [route('default', '10.2.0.254', { dev: 'e0' })], ...around.atB },
      ),
      c: stack({ e0: nic() }),
      r: stack(
        { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24'], { mtuBytes: around.mtuBytes ?? 1500 }) },
        { sysctls: { 'net/ipv4/ip_forward': '1' }, ...around.atR },
      ),
    },
    ['a.e0 r.e0', 'b.e0 r.e1', 'b.e1 c.e0'],
  );

const sit = (local: string, remote: string, address: string): Interface =>
  tunnel({ mode: 'sit', local, remote }, [address]);

interface Ends {
  readonly remoteOfA?: string;
  readonly remoteOfB?: string;
}

const sixInFour = (around: Around = {}, { remoteOfA = '10.2.0.1', remoteOfB = '10.1.0.1' }: Ends = {}): NetworkState =>
  between(sit('10.1.0.1', remoteOfA, 'fd08::1/64'), sit('10.2.0.1', remoteOfB, 'fd08::2/64'), {
    atA: { routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('fd09::/64', 'dev t')] },
    ...around,
  });

const protocol41 = { kind: 'protocol', protocols: [41] } as const;

const sixInFourTests = (bench: Bench): void => {
  it('carries IPv6 over IPv4, to the far end and beyond', async () => {
    await holds(bench, sixInFour(), [
      ['the far end', ping('a', 'fd08::2'), 'answer'],
      ['its other address', tcp('a', 'fd09::1'), 'answer'],
      ['the other way', tcp('b', 'fd08::1'), 'answer'],
    ]);
  });

  it('is IP protocol 41 to filters on the way and at its ends', async () => {
    const drops = (hook: 'forward' | 'input') => [table('ip', chain(hook, 'accept', [rule('drop', protocol41)]))];
    await holds(bench, sixInFour({ atR: { filter: drops('forward') } }), [
      ['on the way', ping('a', 'fd08::2'), 'timeout'],
    ]);
    await holds(bench, sixInFour({ atB: { filter: drops('input') } }), [
      ['at the end', ping('a', 'fd08::2'), 'timeout'],
    ]);
    const inside = [table('ip6', chain('input', 'accept', [rule('drop', protocol41)]))];
    await holds(bench, sixInFour({ atB: { filter: inside } }), [
      ['filters of IPv6 see what is inside', ping('a', 'fd08::2'), 'answer'],
    ]);
  });

  it('says nothing inside of what is said outside', async () => {
    const reject = { kind: 'reject', with: 'admin-prohibited' } as const;
    const filter = [table('ip', chain('forward', 'accept', [rule(reject, protocol41)]))];
    await holds(bench, sixInFour({ atR: { filter } }), [['refused on the way', tcp('a', 'fd08::2'), 'timeout']]);
    await holds(bench, sixInFour({}, { remoteOfA: '10.2.0.99' }), [
      ['nobody at the far end', ping('a', 'fd08::2'), 'timeout'],
    ]);
  });

  it('takes packets from its remote only, so that translation between breaks it', async () => {
    await holds(bench, sixInFour({}, { remoteOfB: '10.1.0.77' }), [
      ['another remote', ping('a', 'fd08::2'), 'timeout'],
    ]);
    const translated = { filter: [table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]))] };
    await holds(bench, sixInFour({ atR: translated }), [['translated', ping('a', 'fd08::2'), 'timeout']]);
  });

  it('takes twenty bytes of every packet', async () => {
    await holds(bench, sixInFour(), [
      ['as long as it takes', ping('a', 'fd08::2', { lengthBytes: 1480 }), 'answer'],
      ['longer', ping('a', 'fd08::2', { lengthBytes: 1481 }), 'message-too-long'],
    ]);
  });

  it('forbids routers to fragment what is outside: the first packet that is too long for one is lost', async () => {
    await holds(bench, sixInFour({ mtuBytes: 1400 }), [
      ['too long on the way', ping('a', 'fd08::2', { lengthBytes: 1450 }), 'timeout'],
      ['short enough', ping('a', 'fd08::2', { lengthBytes: 1380 }), 'answer'],
    ]);
  });

  it('tells at once that there is no way to its remote', async () => {
    await holds(bench, sixInFour({ atA: { routes: [] } }), [
      ['no route to the remote', ping('a', 'fd08::2'), 'host-unreachable'],
    ]);
  });
};

const embeddingTests = (bench: Bench): void => {
  const sixToFour = (local: string, ...addresses: readonly string[]): Interface =>
    tunnel({ mode: 'sit', local }, addresses);

  it('6to4 finds the far end in the address, or in the gateway', async () => {
    const state = between(
      sixToFour('10.1.0.1', '2002:a01:1::1/16'),
      sixToFour('10.2.0.1', '2002:a02:1::1/16', 'fd77::1/64'),
      {
        atA: {
          routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('fd77::/64', '::10.2.0.1', { dev: 't' })],
        },
      },
    );
    await holds(bench, state, [
      ['by its address', tcp('a', '2002:a02:1::1'), 'answer', '2002:a01:1::1'],
      ['through a relay', ping('a', 'fd77::1'), 'answer'],
      ['where nobody is', ping('a', '2002:a02:63::1'), 'timeout'],
    ]);
  });

  it('6to4 takes nothing whose addresses do not fit the packet around it', async () => {
    const forged = between(sixToFour('10.1.0.1', '2002:a01:2::1/16'), sixToFour('10.2.0.1', '2002:a02:1::1/16'));
    await holds(bench, forged, [['from the address of another', ping('a', '2002:a02:1::1'), 'timeout']]);
  });

  it('6rd does the same below a prefix of the provider', async () => {
    const sixRd = { prefix: '2001:db8::/32', relayPrefix: '10.0.0.0/8' };
    const rapid = (local: string, address: string): Interface => tunnel({ mode: 'sit', local, sixRd }, [address]);
    const state = between(rapid('10.1.0.1', '2001:db8:100:100::1/32'), rapid('10.2.0.1', '2001:db8:200:100::1/32'));
    await holds(bench, state, [
      ['out', tcp('a', '2001:db8:200:100::1'), 'answer'],
      ['in', ping('b', '2001:db8:100:100::1'), 'answer'],
      ['where nobody is', ping('a', '2001:db8:200:6300::1'), 'timeout'],
    ]);
  });
};

/** a has n on its link and b behind the router, and a 6to4 tunnel for both. */
const sites = (atA: Partial<Stack> = {}): NetworkState => {
  const end = (local: string, address: string): Stack['interfaces'] => ({
    e0: nic([`${local}/24`]),
    t: tunnel({ mode: 'sit', local }, [address]),
  });
  const byRouter = (gateway: string): readonly Route[] => [route('default', gateway, { dev: 'e0' })];
  return network(
    {
      a: stack(end('10.1.0.1', '2002:a01:1::1/16'), { routes: byRouter('10.1.0.254'), ...atA }),
      n: stack(end('10.1.0.2', '2002:a01:2::1/16'), { routes: byRouter('10.1.0.254') }),
      b: stack(end('10.2.0.1', '2002:a02:1::1/16'), { routes: byRouter('10.2.0.254') }),
      r: stack({ e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']) }, { sysctls: { 'net/ipv4/ip_forward': '1' } }),
      sw: switchOf(['p0', 'p1', 'p2']),
    },
    ['a.e0 sw.p0', 'n.e0 sw.p1', 'r.e0 sw.p2', 'b.e0 r.e1'],
  );
};

const keptRouteTests = (bench: Bench): void => {
  const near = ping('a', '2002:a01:2::1');
  const far = ping('a', '2002:a02:1::1');
  /** A route more: what tunnels keep is forgotten. */
  const withMore = (state: NetworkState): NetworkState => {
    const a = state.stacks['a'] ?? stack({});
    const routes = [...a.routes, special('192.0.2.99/32', 'unreachable')];
    return { ...state, stacks: { ...state.stacks, a: { ...a, routes } } };
  };
  const sees = async (flow: Flow): Promise<string | undefined> => {
    // Neighbours that are not known yet may take a busy machine longer than they are waited for.
    for (const _try of [1, 2, 3]) {
      const [measured] = await probe(bench, [flow], 1500);
      if (measured?.sees === 'answer') return measured.sees;
    }
    return 'nothing';
  };

  it('6to4 keeps the route of the end that it sends to first: those behind a gateway are lost after one on the link', async () => {
    const state = sites();
    await bench.lay(state);
    expect([await sees(near), await sees(far)]).toEqual(['answer', 'nothing']);
    await bench.change(withMore(state));
    expect([await sees(far), await sees(near)]).toEqual(['answer', 'answer']);
    expect([verdictOf(state, near), verdictOf(state, far)]).toEqual(['yes', 'sometimes']);
  });

  /** The same with a rule that gives all ends one first hop; the router shows senders shorter ways. */
  const led = (takesRedirects: boolean): NetworkState => {
    const { interfaces, routes } = sites().stacks['a'] ?? stack({});
    const steady = tunnelRouting(interfaces, routes);
    const { all, own } = { all: 'net/ipv4/conf/all', own: 'net/ipv4/conf/e0' };
    const sysctls = takesRedirects ? { [`${all}/accept_redirects`]: '1' } : steady.sysctls;
    const state = sites({ routes: [...routes, ...steady.routes], rules: steady.rules, sysctls });
    const r = state.stacks['r'] ?? stack({});
    const shows = { ...r.sysctls, [`${all}/send_redirects`]: '1', [`${own}/send_redirects`]: '1' };
    return { ...state, stacks: { ...state.stacks, r: { ...r, sysctls: shows } } };
  };

  it('6to4 reaches all ends in any order where a rule gives them one first hop', async () => {
    const state = led(false);
    await bench.lay(state);
    for (const _packet of [1, 2, 3, 4]) expect(await sees(near)).toBe('answer');
    expect(await sees(far)).toBe('answer');
    await bench.change(withMore(state));
    expect([await sees(far), await sees(near)]).toEqual(['answer', 'answer']);
    expect([verdictOf(state, near), verdictOf(state, far)]).toEqual(['yes', 'yes']);
  });

  it('a redirect of one end is kept for all: the others are sent to that end', async () => {
    const state = led(true);
    await bench.lay(state);
    // A redirect counts once the neighbour it names is known (__ip_do_redirect), and for the packets after it.
    for (const _packet of [1, 2, 3, 4]) expect(await sees(near)).toBe('answer');
    expect(await sees(far)).toBe('nothing');
    const redirects = [{ stack: 'a', destination: '10.1.0.2', via: '10.1.0.2' }];
    expect([verdictOf(state, near, { redirects }), verdictOf(state, far, { redirects })]).toEqual(['yes', 'sometimes']);
  });
};

const ipv4Tests = (bench: Bench): void => {
  const ends = (mode: 'gre' | 'ipip', mtuBytes: number, six: readonly [string[], string[]], remoteOfB = '10.1.0.1') =>
    between(
      tunnel({ mode, local: '10.1.0.1', remote: '10.2.0.1' }, ['10.5.0.1/30', ...six[0]], mtuBytes),
      tunnel({ mode, local: '10.2.0.1', remote: remoteOfB }, ['10.5.0.2/30', ...six[1]], mtuBytes),
    );

  it.each([
    ['gre', 1476],
    ['ipip', 1480],
  ] as const)('%s carries IPv4, cut to its length', async (mode, mtuBytes) => {
    await holds(bench, ends(mode, mtuBytes, [[], []]), [
      ['out', ping('a', '10.5.0.2'), 'answer'],
      ['in', tcp('b', '10.5.0.1'), 'answer'],
      ['cut in two', ping('a', '10.5.0.2', { lengthBytes: 1500 }), 'answer'],
      ['not to be cut', ping('a', '10.5.0.2', { lengthBytes: 1500, dontFragment: true }), 'message-too-long'],
    ]);
    await holds(bench, ends(mode, mtuBytes, [[], []], '10.1.0.77'), [
      ['another remote', ping('a', '10.5.0.2'), 'timeout'],
    ]);
  });

  it('gre carries IPv6 too', async () => {
    await holds(bench, ends('gre', 1476, [['fd55::1/64'], ['fd55::2/64']]), [['IPv6', ping('a', 'fd55::2'), 'answer']]);
  });
};

export const tunnels = (bench: Bench): void => {
  describe('6in4', () => sixInFourTests(bench));
  describe('tunnels to whom the address names', () => embeddingTests(bench));
  describe('the route that a tunnel keeps', () => keptRouteTests(bench));
  describe('tunnels of IPv4', () => ipv4Tests(bench));
};
