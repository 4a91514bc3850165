/** Tunnels to many ends that keep the route of one: a rule gives all of their packets one first hop. */
import { isAutomaticTunnel, tunnelRouting } from '../../state/tunnel-routing.ts';
import { type Edit } from './edit.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';

export const proposeTunnels = ({ model, stop }: Situation): readonly Proposal[] => {
  const { stack: name, interface: dev, reason } = stop;
  const stack = model.state.stacks[name];
  const it = stack?.interfaces[dev ?? ''];
  if (reason !== 'tunnel_outer' || stack === undefined || it === undefined || !isAutomaticTunnel(it)) return [];
  const { routes, rules, sysctls } = tunnelRouting(stack.interfaces, stack.routes);
  const [first, ...more] = rules.map((rule): Edit => ({ kind: 'add-policy-rule', stack: name, rule }));
  if (first === undefined) return [];
  const tables = new Set(rules.map(({ table }) => table));
  return [
    {
      kind: 'route',
      edits: [
        first,
        ...more,
        ...routes
          .filter(({ table }) => tables.has(table))
          .map((route): Edit => ({ kind: 'add-route', stack: name, route })),
        ...Object.entries(sysctls)
          .filter(([key, value]) => stack.sysctls[key] !== value)
          .map(([key, value]): Edit => ({ kind: 'set-sysctl', stack: name, key, value })),
      ],
      change: `lead all that ${dev ?? ''} of ${name} sends by the default route: Linux keeps one route for all ends of such a tunnel`,
      effort: 3,
      sideEffects: [`${name} then sends what goes to ends on its own link by the gateway, too, and takes no redirects`],
    },
  ];
};
