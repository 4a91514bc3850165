/**
 * Who speaks for others on a network that is guarded, and on one that is not: forged addresses of both families, forged
 * MACs, and ARP that claims the router's address. What the walker says of forged packets is what the kernel does.
 */
import { describe, expect, it } from 'vitest';
import { predictorOf } from '../../src/reach/predict.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { designOf } from '../lower/lab-of.ts';
import { arpClaim, datagram, sendFrames } from './frames.ts';
import { labOf, type VerifyReport } from './lab-run.ts';
import { heard } from './packets.ts';
import { upForAll } from './up-for-all.ts';

const text = `lab: antispoof
hosts: { host: { nics: { wan: internet } } }
networks:
  guarded: { mode: routed, ipv4: 10.9.8.0/24, ipv6: 'fd00:8::/64', dhcp: true, ra: true, antispoof: true }
  open: { mode: routed, ipv4: 10.9.7.0/24, ipv6: 'fd00:7::/64' }
machines:
  web: { nics: [{ network: guarded, address: 2, mac: '52:54:00:00:08:02' }] }
  desk: { nics: [{ network: guarded, address: 3, mac: '52:54:00:00:08:03' }] }
  leased: { nics: [{ network: guarded, ipv4: dhcp, ipv6: slaac }] }
  open-web: { nics: [{ network: open, address: 2, mac: '52:54:00:00:07:02' }] }
  open-desk: { nics: [{ network: open, address: 3, mac: '52:54:00:00:07:03' }] }
expect:
  - { from: [web, desk, leased], to: [web, desk, leased, host], ping: true }
  - { from: desk, to: open-web, ping: true }
`;

const sides = [
  { name: 'guarded', web: 'web', desk: 'desk', part: '8', isGuarded: true },
  { name: 'open', web: 'open-web', desk: 'open-desk', part: '7', isGuarded: false },
] as const;

const lab = labOf(text);
upForAll(lab);

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('a network that is guarded', () => {
  it('lets through all that its machines say for themselves, as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 120_000);

  it('is as the file says: nothing is left to change', async () => {
    expect((await lab.run('up', lab.file)).stdout).toContain('nothing to change');
  });
});

describe.each(sides)('forged on the network that is $name', ({ web, desk, part, isGuarded }) => {
  const [webMac, deskMac] = [`52:54:00:00:0${part}:02`, `52:54:00:00:0${part}:03`];
  const own = `10.9.${part}.3`;
  const target = `10.9.${part}.2`;

  it('IPv4 sources arrive only where nobody guards, as the walker says', async () => {
    const { state } = designOf(text).lowered;
    const predictor = predictorOf(state, settledFacts(state));
    const forged = [`10.9.${part}.77`, `10.9.${part}.254`, '192.0.2.9'];
    const arrives = (source: string): boolean =>
      predictor.walk({
        ...{ from: desk, family: 4, destination: target, source, protocol: 'udp', port: 53 },
        ...(source === own ? {} : { isForged: true as const }),
      }).deliveredTo === web;
    const predicted = [...forged, own].filter(arrives);
    expect(predicted).toEqual(isGuarded ? [own] : [...forged, own]);
    const packet = { from: desk, forged: true, destination: target, protocol: 'udp', port: 53, sourcePort: null };
    const arrived = await heard(
      lab,
      web,
      [53],
      [...forged, own].map((source) => ({ ...packet, source })),
    );
    expect(new Set(arrived.map(({ source }) => source))).toEqual(new Set(predicted));
  }, 60_000);

  it('IPv6 sources and MACs arrive only where nobody guards', async () => {
    const [own6, target6] = [`fd00:${part}::3`, `fd00:${part}::2`];
    const plain = { fromMac: deskMac, toMac: webMac };
    const disguised = { fromMac: '52:54:00:ab:cd:ef', toMac: webMac };
    const sent = sendAfter(
      desk,
      datagram(plain, `fd00:${part}::77`, target6, 53),
      datagram(disguised, own, target, 54),
      datagram(plain, own6, target6, 55),
      datagram(plain, own, target, 55),
    );
    const ping = { from: desk, source: null, destination: target, protocol: 'udp', port: 56, sourcePort: null };
    const arrived = await heard(lab, web, [53, 54, 55, 56], [ping]);
    await sent;
    const told = new Set(arrived.map(({ port, source }) => `${source} ${port}`));
    expect(told).toEqual(
      new Set([...(isGuarded ? [] : [`fd00:${part}::77 53`, `${own} 54`]), `${own6} 55`, `${own} 55`, `${own} 56`]),
    );
  }, 60_000);

  it('ARP for the router is believed only where nobody guards', async () => {
    const router = `10.9.${part}.254`;
    await lab.exec(web, 'ping', '-c', '1', '-W', '2', router);
    // An entry is kept as it is for a second after it was made (locktime, arp(7)).
    await pause(1500);
    await sendFrames(lab, desk, 'eth0', [arpClaim({ fromMac: deskMac, toMac: webMac }, router, target)]);
    const entry = async (): Promise<boolean> =>
      (await lab.exec(web, 'ip', 'neigh', 'show', router)).stdout.includes(deskMac);
    if (isGuarded) {
      await pause(1000);
      expect(await entry()).toBe(false);
    } else await expect.poll(entry, { timeout: 10_000 }).toBe(true);
    await lab.exec(web, 'ip', 'neigh', 'flush', 'dev', 'eth0');
  }, 60_000);
});

/** Frames that are sent when the listener of `heard` listens. */
const sendAfter = async (machine: string, ...frames: readonly Uint8Array[]): Promise<void> => {
  await pause(4000);
  await sendFrames(lab, machine, 'eth0', frames);
};
