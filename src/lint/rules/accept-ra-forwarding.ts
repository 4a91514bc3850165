/** An uplink whose IPv6 default route comes by router advertisements, on a machine that forwards. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, isDefault, stacksIn } from '../stacks.ts';
import { sysctlSubject } from '../subject.ts';

const key = (dev: string): string => `net/ipv6/conf/${dev}/accept_ra`;

export const acceptRaForwarding: LintRule = {
  code: 'accept-ra-forwarding',
  severity: 'warning',
  title: 'IPv6 forwarding on a machine that has its default route from advertisements',
  explanation:
    'While an interface forwards, the kernel takes no router advertisements on it unless accept_ra is 2 (ip-sysctl): with forwarding switched on the host’s own IPv6 default route runs out after the router’s lifetime, ' +
    'half an hour usually, and nothing says why. libvirt refuses to start a network with IPv6 then. Set accept_ra to 2 on the uplink before forwarding, or write a static default route.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      if (!stack.settings.forwarding6 || stack.stack.routes.some((route) => route.family === 6 && isDefault(route)))
        return [];
      const { sysctls } = stack.stack;
      return interfacesOf(stack).flatMap(({ name, it, settings }): readonly RawFinding[] => {
        if (it.kind === 'loopback' || it.master !== undefined || !settings.forwarding6 || !settings.ipv6) return [];
        const said = sysctls[key(name)] ?? sysctls[key('default')];
        const segment = input.terrain.segmentOf(stack.name, name);
        const advertiser = [...input.model.stacks.values()].find(
          (other) =>
            other.name !== stack.name &&
            other.stack.services.some(
              (service) =>
                service.kind === 'router-advertiser' &&
                input.terrain.segmentOf(other.name, service.interface) === segment,
            ),
        );
        // Without a word about it, and without a router on the wire, nobody counts on advertisements.
        if (said === '2' || said === '0' || (said !== '1' && advertiser === undefined)) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` forwards IPv6 and so takes no router advertisements on \`${name}\`${advertiser === undefined ? '' : `, where \`${advertiser.name}\` sends them`}: it has no IPv6 default route`,
            at: sysctlSubject(stack.name, said === undefined ? 'net/ipv6/conf/all/forwarding' : key(name)),
            repair: {
              words: `set accept_ra of \`${name}\` to 2, or write a static IPv6 default route`,
              edits: [{ kind: 'set-sysctl', stack: stack.name, key: key(name), value: '2' }],
            },
          },
        ];
      });
    }),
};
