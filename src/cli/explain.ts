/** Says why one machine reaches another, or does not: a walk through the lab that the file asks for, built nowhere. */
import { settledFacts } from '../reach/settled.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { walk } from '../reach/walker/walk.ts';
import { complain } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { reportExplained, serviceText } from './explain-report.ts';
import { findRepairs } from './find-repairs.ts';
import { findFlow, type FlowWords } from './flow-ends.ts';
import { printJson } from './json.ts';
import { loadNetwork, type NetworkOptions } from './load-network.ts';
import { defaultFile } from './options.ts';
import { printExplained } from './print-explain.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export type ExplainOptions = NetworkOptions & FlowWords;

export const explain = async (options: ExplainOptions): Promise<number> => {
  const loaded = await loadNetwork(options);
  if (typeof loaded === 'number') return loaded;
  const { lab, lowered, sources, file, isImported } = loaded;
  const facts = settledFacts(lowered.state);
  const found = findFlow(lab, facts, options);
  if ('wrong' in found) {
    complain(found.wrong, sources, options);
    return exitCode.wrongInput;
  }
  const { flow, to, owner, otherFamily } = found.value;
  const model = buildModel(lowered.state, facts);
  const walked = walk(model, flow);
  const report = reportExplained({
    ...{ lab, flow, to, walk: walked, origins: { lowered, sources } },
    fileWords: isImported ? undefined : file === defaultFile ? [] : ['-f', file],
    repair: findRepairs(lab, model, flow, walked, owner),
  });
  if (options.json) print(printJson(report));
  else {
    const shown = { width: widthOf(), paint: painter(hasColour()) };
    print(printExplained(report, shown));
    const other = otherFamily && walk(model, otherFamily, { isTraced: false }).verdict;
    if (otherFamily !== undefined && other !== undefined && other !== walked.verdict)
      print(
        `\nOver IPv${otherFamily.family}, ${serviceText(otherFamily)}: ${other}; --to-address ${otherFamily.destination} explains it`,
      );
  }
  return report.verdict === 'yes' ? exitCode.asWished : exitCode.no;
};
