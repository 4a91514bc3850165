/** `policy` and `expect` lines with their names resolved; each expectation says one answer. */
import { parseIp, printIp, type Family } from '../net/address.ts';
import { type Path, type SpecExpectation } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { familiesOf, readEndpoints } from './endpoints.ts';
import { type Lab, type LabEndpoint, type LabExpectation, type LabPolicy, type LabServiceMatch } from './lab.ts';
import { mainAddress } from './main-address.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Placed } from './placed.ts';
import { helpForUnknown } from './unknown-name.ts';

const ports = (protocol: 'tcp' | 'udp', written: number | readonly number[] | undefined): readonly LabServiceMatch[] =>
  written === undefined ? [] : [written].flat().map((port) => ({ protocol, port }));

const icmp: LabServiceMatch = { protocol: 'icmp' };

export const readPolicies = (context: Context, placed: Placed): readonly LabPolicy[] =>
  (context.spec.data.policy ?? []).flatMap((line, index) => {
    const path = ['policy', index];
    const at = context.spec.source.spanOf(path);
    const verdicts = (['allow', 'deny'] as const).filter((verdict) => line[verdict] !== undefined);
    const [verdict] = verdicts;
    const written = verdict === undefined ? undefined : line[verdict];
    if (verdict === undefined || written === undefined || verdicts.length > 1) {
      const fact = verdict === undefined ? 'neither allows nor denies' : 'both allows and denies';
      context.findings.error('policy-verdict', `this line ${fact}`, at, {
        help: 'write `{ allow: FROM, to: TO }` or `{ deny: FROM, to: TO }`',
      });
      return [];
    }
    const policy: LabPolicy = {
      verdict,
      from: readEndpoints(context, written, [...path, verdict]),
      to: readEndpoints(context, line.to, [...path, 'to']),
      except: line.except === undefined ? [] : readEndpoints(context, line.except, [...path, 'except']),
      services: [...(line.ping === true ? [icmp] : []), ...ports('tcp', line.tcp), ...ports('udp', line.udp)],
      at,
    };
    return haveCommonFamily(context, placed, policy, path) ? [policy] : [];
  });

/** Resolved later than policies, since `source` may name a machine whose addresses the finished lab knows. */
export const readExpectations = (context: Context, placed: Placed, lab: Lab): readonly LabExpectation[] =>
  (context.spec.data.expect ?? []).flatMap((line, index) => {
    const path = ['expect', index];
    const common = omitAbsent({
      from: readEndpoints(context, line.from, [...path, 'from']),
      to: readEndpoints(context, line.to, [...path, 'to']),
      family: line.family,
      source: line.source === undefined ? undefined : sourceOf(context, lab, line.source, path),
      at: context.spec.source.spanOf(path),
    });
    if (common.from.length === 0 || common.to.length === 0) return [];
    const answers = answersOf(line);
    if (answers.some(({ answer }) => answer === 'yes') && !haveCommonFamily(context, placed, common, path)) return [];
    return answers.map((answer) => ({ ...common, ...answer }));
  });

type Answer = Pick<LabExpectation, 'answer' | 'services'>;

const answersOf = (line: SpecExpectation): readonly Answer[] => {
  const listed = [...ports('tcp', line.tcp), ...ports('udp', line.udp)];
  const how = typeof line.answer === 'string' ? line.answer : undefined;
  const answers: Answer[] = [];
  const isPlain = line.ping === undefined && line.any === undefined && listed.length === 0;
  const ping = isPlain ? line.answer !== false && how === undefined : line.ping;
  // `answer: unreachable` beside `ping: false` says how ping fails, where no port is there to speak of.
  const failed = listed.length === 0 && (how === 'timeout' || how === 'unreachable') ? how : 'no';
  if (ping !== undefined) answers.push({ services: [icmp], answer: ping ? 'yes' : failed });
  if (line.any !== undefined)
    answers.push({ services: [icmp, { protocol: 'tcp' }, { protocol: 'udp' }], answer: line.any ? 'yes' : failed });
  if (listed.length > 0) answers.push({ services: listed, answer: how ?? (line.answer === false ? 'no' : 'yes') });
  return answers;
};

const sourceOf = (context: Context, lab: Lab, written: string, path: Path): readonly string[] => {
  const address = parseIp(written);
  if (address !== undefined) return [printIp(address)];
  if (Object.hasOwn(lab.machines, written))
    return families.flatMap((family) => mainAddress(lab, written, family) ?? []);
  const message = `the source \`${written}\` is neither a machine nor an address`;
  context.findings.error('unknown-machine', message, context.spec.source.spanOf([...path, 'source']), {
    help: helpForUnknown(written, Object.keys(lab.machines), 'machines'),
  });
  return [];
};

interface Ends {
  readonly from: readonly LabEndpoint[];
  readonly to: readonly LabEndpoint[];
  readonly family?: Family;
}

/** A line whose ends can never meet says nothing; ends that could not be resolved have their own error. */
const haveCommonFamily = (context: Context, placed: Placed, ends: Ends, path: Path): boolean => {
  if (ends.from.length === 0 || ends.to.length === 0) return false;
  const speak = (list: readonly LabEndpoint[]): readonly Family[] =>
    families.filter((family) => list.some((endpoint) => familiesOf(placed, endpoint).includes(family)));
  const [from, to] = [speak(ends.from), speak(ends.to)];
  const common = from.filter((family) => to.includes(family) && (ends.family === undefined || ends.family === family));
  if (common.length > 0) return true;
  const say = (list: readonly Family[]): string =>
    list.length === 0 ? 'no address' : list.map((one) => `IPv${one}`).join(' and ');
  const wanted = ends.family === undefined ? '' : `, and the line is about IPv${ends.family}`;
  context.findings.error(
    'no-common-family',
    `one end has ${say(from)}, the other ${say(to)}${wanted}`,
    context.spec.source.spanOf(path),
    {
      help: 'give both ends addresses of one family, or take the line out',
    },
  );
  return false;
};
