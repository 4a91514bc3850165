/** A machine that others take for their gateway, or that translates for them, and that does not forward. */
import { type Family } from '../../net/address.ts';
import { ip } from '../../net/address.ts';
import { ownerOf } from '../../reach/repair/terrain.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { rulesOf } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { families, forwards, isDefault, stacksIn } from '../stacks.ts';
import { routeSubject, ruleSubject, stackSubject } from '../subject.ts';

const switchOn = (stack: string, family: Family): Edit => ({
  ...{ kind: 'set-sysctl', stack, value: '1' },
  key: family === 4 ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding',
});

const finding = (stack: string, family: Family, why: string, notes: RawFinding['notes']): RawFinding => ({
  stack,
  message: `\`${stack}\` does not forward IPv${family}, ${why}`,
  at: notes?.[0]?.at ?? stackSubject(stack),
  notes: notes ?? [],
  repair: { words: `switch forwarding on, and keep it so in sysctl.conf`, edits: [switchOn(stack, family)] },
  stops: (stop) => stop.stack === stack && stop.reason === 'not_forwarding',
});

/** Routes of others that lead by an address of a stack, by the stack that has the gateway. */
const takenForGateway = (input: LintInput): ReadonlyMap<string, RawFinding> => {
  const found = new Map<string, RawFinding>();
  for (const { name, stack } of stacksIn(input))
    for (const route of stack.routes) {
      const { family, via } = route;
      const owner = via === undefined ? undefined : ownerOf(input.terrain, family, ip(via).value);
      const gateway = owner === undefined ? undefined : input.model.stacks.get(owner.stack);
      if (
        gateway === undefined ||
        gateway.name === name ||
        forwards(gateway, family) ||
        found.has(`${gateway.name} ${family}`)
      )
        continue;
      if (input.outside.fixed.has(gateway.name)) continue;
      // A gateway that leads nowhere else has nothing to forward.
      const ways = new Set(
        [...gateway.interfaces.values()]
          .filter((it) => it.it.kind !== 'loopback' && it.it.master === undefined)
          .map((it) => it.name),
      );
      if (ways.size < 2) continue;
      const what = isDefault(route) ? 'their default gateway' : `the way to ${route.to}`;
      found.set(
        `${gateway.name} ${family}`,
        finding(gateway.name, family, `and \`${name}\` has it for ${what.replace('their', 'its')}`, [
          { message: 'the route is said here', at: routeSubject(name, route) },
        ]),
      );
    }
  return found;
};

const translating = new Set(['masquerade', 'snat']);

export const forwardingOff: LintRule = {
  code: 'forwarding-off',
  severity: 'error',
  title: 'a gateway, or a machine that translates for others, that does not forward',
  explanation:
    'Without net.ipv4.ip_forward (IPv6: net.ipv6.conf.all.forwarding) a packet for somebody else is dropped where it comes in, and no counter that people look at goes up. Rules that translate are never reached. ' +
    '`echo 1 >` lasts until the next boot; ufw and sysctl.d both set it, and the later one counts.',
  find: (input) => {
    const gateways = takenForGateway(input);
    const translators = stacksIn(input).flatMap((stack): readonly RawFinding[] => {
      const rule = rulesOf(stack.stack).find(
        ({ rule: { verdict }, table }) =>
          translating.has(verdict.kind) && (table.family === 'ip' || table.family === 'inet'),
      );
      if (rule === undefined || forwards(stack, 4) || gateways.has(`${stack.name} 4`)) return [];
      return [
        finding(stack.name, 4, 'and has a rule that translates the source of what it would forward', [
          { message: 'the rule is said here', at: ruleSubject(stack.name, rule.table, rule.chain, rule.index) },
        ]),
      ];
    });
    return [
      ...families.flatMap((family) =>
        [...gateways].filter(([key]) => key.endsWith(` ${family}`)).map(([, one]) => one),
      ),
      ...translators,
    ];
  },
};
