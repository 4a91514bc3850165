/** The guide's network of several machines as namespaces; `test/vm` has the same as virtual machines. */
import { describe, expect, it } from 'vitest';
import { lookUp } from './ask-names.ts';
import { internet4, misses, reaches, scenario, tcp } from './scenario.ts';

const translated = '203.0.113.254';
const inside = { addresses: '10.0.1.2', names: '10.0.1.3', web: '10.0.1.4', files: '10.0.1.5', mail: '10.0.1.6' };
const machines = Object.entries(inside);

scenario(
  'guide-network',
  [
    // The host reaches the services through the firewall alone: it has no address there, and a route back.
    ...machines.map(([, address]) => reaches('metal', address, '10.0.0.1')),
    ...machines.map(([name, address]) => reaches(name, '10.0.0.1', address)),
    ...machines.map(([name]) => reaches(name, internet4, translated)),
    ...machines.flatMap(([, address]) => misses('internet', address)),
    tcp('mail', internet4, 25, 'yes', translated),
    ...['addresses', 'names', 'web', 'files', 'firewall'].map((name) => tcp(name, internet4, 25, 'timeout')),
  ],
  (lab) => {
    describe('numbers', () => {
      it('decide MAC addresses, addresses and ports', async () => {
        interface Planned {
          readonly machines: readonly {
            readonly machine: string;
            readonly number: number;
            readonly monitorPort: number;
            readonly nics: readonly { readonly mac: string; readonly ipv4: readonly string[] }[];
          }[];
        }
        const { machines: planned } = await lab().json<Planned>('plan', lab().file);
        const web = planned.find(({ machine }) => machine === 'web');
        expect(web).toMatchObject({ number: 4, monitorPort: 20007 });
        expect(web?.nics[0]).toMatchObject({ mac: '52:54:00:00:04:00', ipv4: ['dhcp 10.0.1.4/26'] });
      });

      it('are in the names of machines, both ways', async () => {
        expect(await lookUp(lab(), 'web', 'mail', 'ahostsv4')).toBe('10.0.1.6 STREAM mail.guide.example');
        expect(await lookUp(lab(), 'mail', '10.0.1.4')).toBe('10.0.1.4 web.guide.example');
        expect(await lookUp(lab(), 'firewall', '10.0.1.1')).toBe('10.0.1.1 services.firewall.guide.example');
        expect(await lookUp(lab(), 'files', 'www.example.com', 'ahostsv4')).toMatch(/^198\.51\.100\.1 /);
      });

      it('are what the address server gives out', async () => {
        const { stdout } = await lab().exec('mail', 'ip', '-4', '-br', 'addr', 'show', 'eth0');
        expect(stdout).toContain('10.0.1.6/26');
      });
    });
  },
);
