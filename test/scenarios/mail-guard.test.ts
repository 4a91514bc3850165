/** No machine sends mail to the internet until the policy says which one does. */
import { afterAll, describe, expect, it } from 'vitest';
import { labOf, type VerifyReport } from './lab-run.ts';

const text = `lab: mail-guard
networks: { lan: { mode: nat, ipv4: 10.9.7.0/24 }, open: { mode: routed, ipv4: 192.0.2.0/28 } }
machines: { web: { nics: [lan] }, mail: { nics: [open] } }
`;
const asked = `expect:
  - { from: [web, mail], to: internet, tcp: 25, family: 4, answer: refused }
  - { from: [web, mail], to: internet, tcp: [80, 587], family: 4 }
`;
const lab = labOf(text + asked);

interface Foretold {
  readonly lines: readonly { readonly verdict: string; readonly asked: number; readonly failed: number }[];
}

const verified = async (): Promise<VerifyReport['summary']> => {
  const up = await lab.run('up', lab.file);
  expect(up.status, up.stderr).toBe(0);
  return (await lab.json<VerifyReport>('verify', lab.file)).summary;
};

afterAll(async () => lab.dispose(), 60_000);

describe('mail to the internet', () => {
  it('is refused, and nothing else is', async () => {
    expect(await verified()).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 60_000);

  it('leaves from the machine that serves mail, in both families, as far as can be foretold', async () => {
    lab.rewrite(`lab: mail-guard
networks: { lan: { mode: routed, ipv4: 192.0.2.0/28, ipv6: '2001:db8:77::/64' }, only4: { mode: routed, ipv4: 198.51.100.16/28 } }
machines:
  post: { kind: vm, image: debian, nics: [lan], services: [mail] }
  old: { kind: vm, image: debian, nics: [only4], services: [mail] }
  web: { nics: [lan] }
expect:
  - { from: post, to: internet, tcp: 25 }
  - { from: old, to: internet, tcp: 25, family: 4 }
  - { from: web, to: internet, tcp: 25, answer: refused }
`);
    const { lines } = await lab.json<Foretold>('predict', lab.file);
    expect(lines.map((line) => [line.verdict, line.asked, line.failed])).toEqual([
      ['yes', 2, 0],
      ['yes', 1, 0],
      ['yes', 2, 0],
    ]);
  }, 60_000);

  it('leaves from the machine that the policy names', async () => {
    lab.rewrite(`${text}policy:
  - { allow: mail, to: internet, tcp: 25 }
  - { deny: any, to: internet, tcp: 25 }
expect:
  - { from: mail, to: internet, tcp: 25, family: 4 }
  - { from: web, to: internet, tcp: 25, family: 4, answer: timeout }
`);
    expect(await verified()).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 60_000);
});
