/** The anycast relays of 6to4, which are no more. */
import { ip } from '../../net/address.ts';
import { containsIp, prefix } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject, routeSubject } from '../subject.ts';

/** RFC 3068; as an IPv4-compatible gateway, and in 6to4’s own form. */
const relays4 = prefix('192.88.99.0/24');
const relays6 = [prefix('::192.88.99.0/120'), prefix('2002:c058:6300::/40')];

export const deprecated6to4: LintRule = {
  code: 'deprecated-6to4',
  severity: 'error',
  title: 'a 6to4 tunnel by the anycast relay 192.88.99.1',
  explanation:
    'RFC 7526 has given up 192.88.99.0/24 and the anycast form of 6to4: the prefix is withdrawn, most networks drop it, and where a relay still answers, the way back leads by another one that nobody here chose, which firewalls that keep state drop. Name a relay that somebody runs for you: a 6in4 tunnel from a broker, or 6rd of the provider.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const found: RawFinding[] = [];
      const words =
        'name a relay of your own: `remote` of a 6in4 tunnel (RFC 4213), or the prefix and relay of the provider’s 6rd (RFC 5969)';
      for (const { name, it } of interfacesOf(stack)) {
        const remote = it.tunnel?.remote;
        if (remote !== undefined && containsIp(relays4, ip(remote)))
          found.push({
            stack: stack.name,
            message: `\`${name}\` of \`${stack.name}\` is a tunnel to ${remote}, an anycast relay of 6to4, which is withdrawn`,
            at: interfaceSubject(stack.name, name),
            stops: (stop) => stop.stack === stack.name && stop.reason === 'tunnel_outer',
            repair: { words, edits: [] },
          });
      }
      for (const route of stack.stack.routes) {
        const via = route.via === undefined ? undefined : ip(route.via);
        if (via === undefined || !relays6.some((block) => containsIp(block, via))) continue;
        found.push({
          stack: stack.name,
          message: `\`${stack.name}\` sends ${route.to} by ${route.via ?? ''}, an anycast relay of 6to4, which is withdrawn`,
          at: routeSubject(stack.name, route),
          stops: (stop) => stop.stack === stack.name && stop.reason === 'tunnel_outer',
          repair: { words, edits: [] },
        });
      }
      return found;
    }),
};
