/** Private addresses that go out to the internet as they are. */
import { overlaps, prefix, prefixOf } from '../../net/prefix.ts';
import { ip } from '../../net/address.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stackSubject } from '../subject.ts';

/** RFC 1918, RFC 6598, RFC 4193. */
const privates = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(prefix);

const isPrivate = (address: string): boolean => {
  const it = ip(address);
  return privates.some((block) => overlaps(block, prefixOf(it, it.family === 4 ? 32 : 128)));
};

const isRuleEdit = ({ kind }: Edit): boolean => kind === 'add-chain' || kind === 'insert-rule';

export const notTranslated: LintRule = {
  code: 'not-translated',
  severity: 'error',
  title: 'private addresses leave for the internet untranslated',
  explanation:
    'Nobody on the internet has a route to 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or fc00::/7 (RFC 4193): a packet with such a source may arrive, and its answer never does; most providers drop it at once. The router that has the public address must translate each private ' +
    'network that is behind it, those that were added later behind another router included.',
  find: (input) => {
    const told = new Set<string>();
    return input.mendable().flatMap(({ pair, walk, repairs }): readonly RawFinding[] => {
      const source = walk.seenSource;
      if (!input.outside.fixed.has(pair.to) || source === null || !isPrivate(source)) return [];
      const repair = repairs.find(({ edits }) => edits.some(isRuleEdit));
      const edit = repair?.edits.find(isRuleEdit);
      const isAtTheEdge = [...input.terrain.legs.values()].some(
        (legs) => legs.some(({ stack }) => stack === pair.to) && legs.some(({ stack }) => stack === edit?.stack),
      );
      if (repair === undefined || edit === undefined || told.has(JSON.stringify(edit)) || !isAtTheEdge) return [];
      told.add(JSON.stringify(edit));
      return [
        {
          stack: edit.stack,
          message: `\`${edit.stack}\` sends what comes from \`${pair.from}\` to the internet under its private address ${source}, and no answer comes back`,
          at: stackSubject(edit.stack),
          repair: { words: repair.change, edits: repair.edits },
        },
      ];
    });
  },
};
