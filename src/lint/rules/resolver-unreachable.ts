/** A name server that is known, and that does not answer the machine. */
import { ip } from '../../net/address.ts';
import { ownerOf } from '../../reach/repair/terrain.ts';
import { type Flow } from '../../reach/walk.ts';
import { walk } from '../../reach/walker/walk.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { stackSubject } from '../subject.ts';

export const resolverUnreachable: LintRule = {
  code: 'resolver-unreachable',
  severity: 'warning',
  title: 'a name server that the machine gets no answer from',
  explanation:
    'Names then take seconds, or fail (“unknown host”, “Temporary failure in name resolution”), although addresses can be reached. The question may be dropped, or its answer lost on the way back.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      (stack.stack.resolver?.nameservers ?? []).slice(0, 3).flatMap((address): readonly RawFinding[] => {
        const { family, value } = ip(address);
        const owner = ownerOf(input.terrain, family, value);
        if (owner === undefined || owner.stack === stack.name) return [];
        const flow: Flow = { from: stack.name, family, destination: address, protocol: 'udp', port: 53 };
        const { verdict, stop } = walk(input.model, flow);
        if (verdict !== 'no' || stop === null) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` asks ${address} (\`${owner.stack}\`) for names, and gets no answer: ${stop.direction === 'reply' ? 'the answer' : 'the question'} stops at \`${stop.stack}\``,
            at: stackSubject(stack.name),
            asks: [flow],
            stops: (own, asked) =>
              asked.destination === address &&
              asked.from === stack.name &&
              own.stack === stop.stack &&
              own.reason === stop.reason,
          },
        ];
      }),
    ),
};
