/**
 * The agent by itself, in namespaces of this machine: each operation; sessions that break off anywhere; garbage; a host
 * that is slow. Everything through the channel that worlds use, but for what a world never sends.
 */
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameBytes, OPERATION, packed, sessionMarker, takeFrames } from '../../src/guest/frame.ts';
import { openGuest, type GuestDoor } from '../../src/guest/guest-door.ts';
import { NOTHING } from '../../src/linux/libc.ts';
import { sendRequests, dump } from '../../src/linux/netlink-socket.ts';
import { readAddresses, readLinks } from '../../src/linux/rtnetlink-read.ts';
import { addressRequest, newBridge } from '../../src/linux/rtnetlink-write.ts';
import { addressIn, intOption, portIn, sockaddr } from '../../src/linux/sockaddr.ts';
import { type StackSocket } from '../../src/linux/stack-door.ts';
import { startLocalAgent, type LocalAgent } from './local-agent.ts';

const [TCP, UDP] = [1, 2];
const { ECONNREFUSED, ENETUNREACH } = constants.errno;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits, within bounds, until something is there. */
const until = async <T>(look: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = look();
    if (found !== undefined) return found;
    await pause(10);
  }
  throw new Error('it did not come');
};

interface Received {
  readonly length: number;
  readonly text: string;
  readonly from: Buffer;
}

const received = (socket: StackSocket): Promise<Received> =>
  until(() => {
    const [into, from] = [Buffer.alloc(4096), Buffer.alloc(28)];
    const length = socket.receiveFrom(into, from);
    return length === NOTHING ? undefined : { length, text: into.toString('utf8', 0, Math.max(0, length)), from };
  });

let agent: LocalAgent;
let door: GuestDoor;

beforeAll(async () => {
  agent = await startLocalAgent();
  door = await openGuest('vm1', agent.path, 10_000);
});
afterAll(() => {
  door.close();
  agent.end();
  expect(agent.words()).toBe('');
});

const tcp = (more: object) => door.openSocket({ domain: 2, type: TCP, protocol: 0, ...more });
const udp = (more: object) => door.openSocket({ domain: 2, type: UDP, protocol: 0, ...more });

describe('netlink', () => {
  it('carries out many requests in one exchange, and says which were refused', () => {
    const socket = door.openNetlink(0);
    const bridge = {
      kind: 'bridge',
      mtuBytes: 1500,
      up: true,
      addresses: [],
      bridge: { stp: false, forwardDelaySeconds: 0 },
    } as const;
    const addresses = Array.from({ length: 100 }, (_, index) =>
      addressRequest('add', 200, { family: 4, address: `10.1.0.${index + 1}`, prefixLength: 24 }),
    );
    const again = addressRequest('add', 200, { family: 4, address: '10.1.0.7', prefixLength: 24 });
    expect(sendRequests(socket, [newBridge('br7', 200, bridge), ...addresses, again])).toMatchObject([{ index: 101 }]);
    expect(readLinks(socket).map(({ name }) => name)).toEqual(['lo', 'br7']);
    expect(readAddresses(socket).filter(({ index, family }) => index === 200 && family === 4)).toHaveLength(100);
  });

  it('speaks to nftables too, and says when the kernel does not know a protocol', () => {
    const filters = door.openNetlink(12);
    expect(dump(filters, { type: (10 << 8) | 1, fixed: Buffer.alloc(4), attributes: [] })).toEqual([]);
    const unknown = door.openNetlink(99);
    expect(() => dump(unknown, { type: 18, fixed: Buffer.alloc(16), attributes: [] })).toThrow(/socket: E/);
  });
});

describe('settings and files', () => {
  it('reads many at once, and misses what is not there', () => {
    const paths = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv4/nothing', '/proc/sys/net/ipv4/ip_default_ttl'];
    expect(door.readSettings(paths)).toEqual(['0', undefined, '64']);
  });

  it('changes what is not so already, follows another, and goes back', () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    const [all, lo] = ['/proc/sys/net/ipv4/conf/all/forwarding', '/proc/sys/net/ipv4/conf/lo/forwarding'];
    expect(door.changeSettings([{ path, to: '1' }])).toEqual([{ former: '0' }]);
    expect(door.changeSettings([{ path: lo, to: '0' }])).toEqual([{ former: '1' }]);
    expect(door.changeSettings([{ path: lo, to: { asIn: all, otherwise: '7' } }])).toEqual([{ former: '0' }]);
    expect(door.readSettings([lo])).toEqual(['1']);
    const nowhere = '/proc/sys/net/nowhere';
    expect(
      door.changeSettings([
        { path: nowhere, to: '0' },
        { path: nowhere, to: { otherwise: '1' } },
      ]),
    ).toEqual([{ former: undefined }, { former: undefined, failure: `ENOENT: ${nowhere}` }]);
    expect(
      door.changeSettings([
        { path, to: { otherwise: '0' } },
        { path, to: 'x' },
      ]),
    ).toMatchObject([{ former: '1' }, { former: '0', failure: /EINVAL/ }]);
  });

  it('writes files whole, with folders and modes, and removes them', async () => {
    const contents = Buffer.alloc(300_000, 'ü');
    door.writeFiles([
      { path: '/run/a/b/one', contents },
      { path: '/run/a/two', contents: '#!/bin/sh\necho $0', mode: 0o755 },
    ]);
    expect(door.readFiles(['/run/a/b/one', '/run/a/three'])).toEqual([contents, undefined]);
    expect((await door.run(['/run/a/two'])).stdout).toBe('/run/a/two\n');
    door.removeFiles(['/run/a/b/one', '/run/a/three']);
    expect(door.readFiles(['/run/a/b/one'])).toEqual([undefined]);
    expect(() => door.writeFiles([{ path: '/proc/nothing/here', contents: '' }])).toThrow(/write \/proc/);
  });
});

describe('programs', () => {
  it('run with input, environment and both outputs', async () => {
    const input = 'word\n'.repeat(100_000);
    expect(await door.run(['cat'], { input })).toMatchObject({ outcome: 'exited', status: 0, stdout: input });
    const script = 'echo $WORD; echo no >&2; exit 3';
    expect(await door.run(['sh', '-c', script], { environment: { WORD: 'a b=c' } })).toMatchObject({
      outcome: 'exited',
      status: 3,
      stdout: 'a b=c\n',
      stderr: 'no\n',
    });
  });

  it('that are not there, that are killed, that take too long, and those of others meanwhile', async () => {
    const [missing, killed, late, quick] = await Promise.all([
      door.run(['no-such-program']),
      door.run(['sh', '-c', 'kill -TERM $$']),
      door.run(['sh', '-c', 'sleep 60 & sleep 60'], { timeoutMs: 300 }),
      door.run(['true']),
    ]);
    expect(missing).toMatchObject({ outcome: 'missing', status: 127 });
    expect(killed).toMatchObject({ outcome: 'signalled', status: 143 });
    expect(late).toMatchObject({ outcome: 'stopped', reason: 'no end after 0.3 s' });
    expect(quick).toMatchObject({ outcome: 'exited', status: 0 });
  });

  it('that serve: words, end, and being killed', async () => {
    const words: string[] = [];
    const ends: string[] = [];
    const events = { output: (text: string) => words.push(text), ended: (how: string) => ends.push(how) };
    door.start(['sh', '-c', 'echo one; echo two >&2; exit 4'], {}, events);
    await until(() => ends[0]);
    expect([words.join(''), ends]).toEqual(['one\ntwo\n', ['ended with exit status 4']]);
    door.start(['no-such-program'], {}, events);
    expect(await until(() => ends[1])).toBe('there is no program `no-such-program`');
    const daemon = door.start(['sh', '-c', 'sleep 60 & sleep 60'], {}, events);
    daemon.kill();
    const gone = `/proc/${daemon.pid}/stat`;
    await until(() => (door.readFiles([gone])[0] === undefined ? true : undefined));
    expect(ends).toHaveLength(2);
  });

  it('on a terminal, and with input to its end', async () => {
    const output: Buffer[] = [];
    let status: number | undefined;
    const events = {
      output: (bytes: Buffer) => output.push(Buffer.from(bytes)),
      ended: (code: number) => (status = code),
    };
    const shown = (): string => Buffer.concat(output).toString('utf8');
    const shell = door.attach(
      ['sh', '-c', 'stty size; read x; stty size; exit 7'],
      {},
      { rows: 30, columns: 90 },
      events,
    );
    await until(() => (shown().includes('30 90') ? true : undefined));
    shell.resize({ rows: 40, columns: 100 });
    shell.write(Buffer.from('go\n'));
    expect(await until(() => status)).toBe(7);
    expect(shown()).toContain('40 100');
    status = undefined;
    const sorting = door.attach(['sort'], {}, undefined, events);
    sorting.write(Buffer.from('b\na\n'));
    sorting.write(new Uint8Array(0));
    expect(await until(() => status)).toBe(0);
    expect(shown()).toMatch(/a\nb\n$/);
  });
});

describe('sockets', () => {
  it('listen, connect, accept, speak and end', async () => {
    const at = sockaddr(4, '127.0.0.1', 4000);
    const options = [intOption(1, 2, 1)];
    const server = tcp({ options, bind: at, backlog: 8 });
    const client = tcp({ connect: at });
    const peer = await until(() => server.accept());
    expect([addressIn(peer.from), client.takeError()]).toEqual(['127.0.0.1', 0]);
    expect(client.send(Buffer.from('question'))).toBe(0);
    expect((await received(peer.socket)).text).toBe('question');
    expect(peer.socket.send(Buffer.from('answer'))).toBe(0);
    expect((await received(client)).text).toBe('answer');
    peer.socket.close();
    expect((await received(client)).length).toBe(0);
    client.close();
    server.close();
  });

  it('fail as in a namespace', async () => {
    expect(() => tcp({ bind: sockaddr(4, '192.0.2.9', 1) })).toThrow('bind: EADDRNOTAVAIL');
    const refused = tcp({ connect: sockaddr(4, '127.0.0.1', 4001) });
    expect(await until(() => refused.takeError() || undefined)).toBe(ECONNREFUSED);
    const deaf = udp({ connect: sockaddr(4, '127.0.0.1', 4002) });
    expect(deaf.send(Buffer.from('x'))).toBe(0);
    expect((await received(deaf)).length).toBe(-ECONNREFUSED);
    const lost = udp({ connect: sockaddr(4, '203.0.113.1', 1) });
    expect((await received(lost)).length).toBe(-ENETUNREACH);
    const loose = udp({});
    let errno = 0;
    loose.sendTo(Buffer.from('x'), sockaddr(4, '203.0.113.1', 1), (code) => (errno = code));
    await until(() => (loose.receiveFrom(Buffer.alloc(9), Buffer.alloc(28)), errno || undefined));
    expect(errno).toBe(ENETUNREACH);
  });

  it('keep datagrams apart, with who sent them, on raw sockets too', async () => {
    const at = sockaddr(4, '127.0.0.1', 4003);
    const server = udp({ bind: at });
    const ear = door.openSocket({ domain: 2, type: 3, protocol: 17 });
    const client = udp({ bind: sockaddr(4, '127.0.0.1', 4004) });
    for (const word of ['one', '', 'three']) client.sendTo(Buffer.from(word), at, () => undefined);
    const all = [await received(server), await received(server), await received(server)];
    expect(all.map(({ text, from }) => [text, portIn(from)])).toEqual([
      ['one', 4004],
      ['', 4004],
      ['three', 4004],
    ]);
    expect((await received(ear)).text.endsWith('one')).toBe(true);
  });
});

describe('the responder', () => {
  it('tells TCP and UDP clients of both families, and browsers, who they are', async () => {
    const responding = door.respondOn?.(7777);
    for (const [family, address] of [
      [4, '127.0.0.1'],
      [6, '::1'],
    ] as const) {
      const domain = family === 4 ? 2 : 10;
      const at = sockaddr(family, address, 7777);
      for (const type of [TCP, UDP]) {
        const client = door.openSocket({ domain, type, protocol: 0, connect: at });
        await until(() => (client.send(Buffer.from('who am I')) === 0 ? true : undefined));
        expect((await received(client)).text).toMatch(new RegExp(`^you are ${address} port \\d+\\n$`));
      }
    }
    const browser = tcp({ connect: sockaddr(4, '127.0.0.1', 7777) });
    await until(() => (browser.send(Buffer.from('GET / HTTP/1.0\r\n\r\n')) === 0 ? true : undefined));
    expect((await received(browser)).text).toMatch(/^HTTP\/1\.0 200 OK\r\n[^]*\r\n\r\nyou are 127\.0\.0\.1 port/);
    expect(() => door.respondOn?.(7777)).toThrow(/bind: EADDRINUSE/);
    responding?.close();
    const late = tcp({ connect: sockaddr(4, '127.0.0.1', 7777) });
    expect(await until(() => late.takeError() || undefined)).toBe(ECONNREFUSED);
  });
});

describe('what breaks off', () => {
  const raw = async (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(agent.path, () => resolve(socket));
      socket.on('error', () => undefined);
    });
  const clock = frameBytes(7, OPERATION.clock, new Uint8Array(0));
  const answersIn = (bytes: Buffer): number => takeFrames(bytes).frames.filter(({ id }) => id === 7).length;

  it('is dropped: half frames, garbage, frames that lie', async () => {
    door.close();
    let seed = 20_261_121;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 40; round += 1) {
      const socket = await raw();
      const noise = Buffer.from(Array.from({ length: random(300) }, () => random(256)));
      const half = frameBytes(9, OPERATION.write, packed('/run/never', 0o644, 'x'.repeat(500))).subarray(
        0,
        1 + random(400),
      );
      const lie = Buffer.from(clock);
      lie.writeUInt32LE(0x7fffffff, 4);
      socket.write(Buffer.concat([noise, round % 2 === 0 ? lie : noise]));
      if (round % 3 === 0) socket.write(half);
      socket.write(Buffer.concat([round % 3 === 0 ? sessionMarker : Buffer.alloc(0), clock]));
      const answer: Buffer[] = [];
      socket.on('data', (bytes: Buffer) => answer.push(bytes));
      for (let tries = 0; tries < 300 && answersIn(Buffer.concat(answer)) === 0; tries += 1) await pause(10);
      expect(answersIn(Buffer.concat(answer))).toBe(1);
      socket.destroy();
    }
    door = await openGuest('vm1', agent.path, 10_000);
    expect(door.readFiles(['/run/never'])).toEqual([undefined]);
  });

  it('takes its sockets along, and leaves its daemons', async () => {
    const held = tcp({ bind: sockaddr(4, '127.0.0.1', 4010), backlog: 1 });
    const daemon = door.start(['sleep', '600'], {}, { output: () => undefined, ended: () => undefined });
    expect(held.takeError()).toBe(0);
    door.close();
    door = await openGuest('vm1', agent.path, 10_000);
    expect(() => tcp({ bind: sockaddr(4, '127.0.0.1', 4010) })).not.toThrow();
    expect(door.readFiles([`/proc/${daemon.pid}/stat`])[0]).toBeDefined();
  });

  it('does not matter to an operation that is none, or has nonsense for a payload', async () => {
    door.close();
    const socket = await raw();
    const requests = [99, 2, 5, 8, 9, 12].map((operation, index) =>
      frameBytes(index + 1, operation, Buffer.from([1, 2, 3])),
    );
    socket.write(Buffer.concat([sessionMarker, ...requests, clock]));
    const answer: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => answer.push(bytes));
    for (let tries = 0; tries < 300 && answersIn(Buffer.concat(answer)) === 0; tries += 1) await pause(10);
    expect(answersIn(Buffer.concat(answer))).toBe(1);
    socket.destroy();
    door = await openGuest('vm1', agent.path, 10_000);
  });

  it('does not come to it where much is said at once', async () => {
    const big = await door.run(['head', '-c', '20000000', '/dev/zero']);
    expect(big.stdout).toHaveLength(20_000_000);
  });
});
