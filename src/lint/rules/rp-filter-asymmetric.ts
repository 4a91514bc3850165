/** Strict reverse path filtering on an interface that packets come in by, though answers would leave by another. */
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { interfacesOf, isDefault, stacksIn } from '../stacks.ts';
import { interfaceSubject, sysctlSubject } from '../subject.ts';
import { type StackModel } from '../../reach/model/model.ts';

const key = (dev: string): string => `net/ipv4/conf/${dev}/rp_filter`;

const placeOf = ({ name, stack: { sysctls } }: StackModel, dev: string): RawFinding['at'] => {
  const said = [key(dev), key('all'), key('default')].find((it) => sysctls[it] === '1');
  return said === undefined ? interfaceSubject(name, dev) : sysctlSubject(name, said);
};

const finding = (stack: StackModel, dev: string, why: string): RawFinding => ({
  stack: stack.name,
  message: `\`${stack.name}\` filters \`${dev}\` strictly by reverse path (rp_filter 1), ${why}`,
  ...(placeOf(stack, dev) === undefined ? {} : { at: placeOf(stack, dev) ?? interfaceSubject(stack.name, dev) }),
  repair: {
    words: `filter loosely there (rp_filter 2), or make routes by source, so that answers leave where questions came in`,
    edits: [
      { kind: 'set-sysctl', stack: stack.name, key: key('all'), value: '0' },
      { kind: 'set-sysctl', stack: stack.name, key: key(dev), value: '2' },
    ],
  },
  stops: (stop) => stop.stack === stack.name && stop.reason === 'rp_filter' && stop.interface === dev,
});

/** Walks that end so show it; where nobody was walked, two ways out do. */
const shownBy = (input: LintInput, stack: string): readonly string[] => [
  ...new Set(
    input
      .pairs()
      .flatMap(({ walk: { stop } }) =>
        stop?.reason === 'rp_filter' && stop.stack === stack && stop.interface !== null ? [stop.interface] : [],
      ),
  ),
];

export const rpFilterAsymmetric: LintRule = {
  code: 'rp-filter-asymmetric',
  severity: 'warning',
  title: 'strict rp_filter where packets come in by another way than answers leave',
  explanation:
    'With rp_filter 1 the kernel drops a packet whose source it would answer by another interface (RFC 3704); of conf/all and the interface’s own value the greater one counts, and 2 (loose) is greater than 1 (strict). Nothing is logged unless log_martians is on. ' +
    'Two uplinks, two NICs in one subnet and routes that differ there and back all come to it. Distributions differ: Red Hat’s were strict for long, others are loose.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const strict = interfacesOf(stack).filter(({ settings }) => settings.rpFilter === 1);
      if (strict.length === 0) return [];
      const shown = shownBy(input, stack.name);
      if (shown.length > 0)
        return shown.map((dev) => finding(stack, dev, 'and would answer by another interface what comes in there'));
      const defaults = stack.stack.routes.filter(
        (route) => route.family === 4 && isDefault(route) && route.table === 254,
      );
      const [first] = defaults;
      const others = defaults.filter(
        ({ dev }) => dev !== undefined && dev !== first?.dev && strict.some(({ name }) => name === dev),
      );
      return others.map(({ dev = '' }) => finding(stack, dev, `and answers the internet by \`${first?.dev ?? ''}\``));
    }),
};
