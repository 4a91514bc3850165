/** Sends one packet through the running lab and follows it, hop by hop, beside what is predicted of it. */
import { type ProbeRequest } from '../probe/measurement.ts';
import { traceEvent } from '../probe/trace/events.ts';
import { judgeTrace } from '../probe/trace/judge-trace.ts';
import { type TraceRequest, type TraceResult } from '../probe/trace/trace-flow.ts';
import { visitsOf } from '../probe/trace/visits.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { settledFacts } from '../reach/settled.ts';
import { walk } from '../reach/walker/walk.ts';
import { type Flow, type Walk } from '../reach/walk.ts';
import { neighbourBudget } from '../world/client.ts';
import { compareWithRunning } from './compare-running.ts';
import { complain, sayDiagnostics } from './complain.ts';
import { causeOf } from './cause.ts';
import { exitCode } from './exit-code.ts';
import { findFlow, type FlowWords } from './flow-ends.ts';
import { printJson } from './json.ts';
import { loadDesign } from './load-design.ts';
import { type FileOptions } from './options.ts';
import { printTrace, type TraceReport } from './print-trace.ts';
import { inWorldOf } from './running-world.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export type TraceOptions = FileOptions & Omit<FlowWords, 'sizeBytes' | 'fromAddress'>;

/** Looking into a stack takes three processes: in large labs only those are looked into where the packet may come by. */
const mostStacks = 64;

const stacksOnTheWay = (running: readonly string[], { forward, reply, alternatives }: Walk): readonly string[] => {
  if (running.length <= mostStacks) return running;
  const hops = [...forward, ...reply, ...alternatives.flatMap((other) => [...other.forward, ...other.reply])];
  const named = new Set(hops.map(({ stack }) => stack));
  return running.filter((stack) => named.has(stack)).slice(0, mostStacks);
};

const probeOf = (
  { from, family, destination, protocol, port }: Flow,
  owner: string | undefined,
  predicted: Walk,
): ProbeRequest => {
  const { deliveredTo, deliveredAs } = predicted;
  const isLed =
    deliveredTo !== null && deliveredAs !== null && deliveredAs.port !== null && deliveredAs.address !== destination;
  return {
    ...{ id: 0, from, family, address: destination, protocol, port },
    ...(owner === undefined ? {} : { toStack: owner }),
    ...(isLed ? { listen: { stack: deliveredTo, address: deliveredAs.address, port: deliveredAs.port } } : {}),
  };
};

const requestOf = (
  flow: Flow,
  owner: string | undefined,
  predicted: Walk,
  running: readonly string[],
): TraceRequest => {
  const ports = [flow.port, predicted.deliveredAs?.port].flatMap((port) => port ?? []);
  return {
    probe: probeOf(flow, owner, predicted),
    watch: { family: flow.family, protocol: flow.protocol, ports },
    stacks: stacksOnTheWay(running, predicted),
  };
};

const visitsIn = ({ lines }: TraceResult, { watch }: TraceRequest): TraceReport['visits'] =>
  visitsOf(
    lines.flatMap(({ stack, atMs, line }) => {
      const event = traceEvent(line);
      return event === undefined ? [] : [{ stack, atMs, event }];
    }),
    watch,
  );

export const trace = async (options: TraceOptions): Promise<number> => {
  const loaded = await loadDesign(options);
  if (typeof loaded === 'number') return loaded;
  const { lab, lowered, sources } = loaded;
  const facts = settledFacts(lowered.state);
  const found = findFlow(lab, facts, options);
  if ('wrong' in found) {
    complain(found.wrong, sources, options);
    return exitCode.wrongInput;
  }
  const { flow, to, owner } = found.value;
  return inWorldOf(lab.name, options, async (world) => {
    const difference = await compareWithRunning(loaded, world);
    if (difference?.severity === 'error') {
      complain([difference], sources, options);
      return exitCode.environmentCannot;
    }
    if (difference !== undefined) sayDiagnostics([difference]);
    const predicted = walk(buildModel(lowered.state, facts), flow);
    const request = requestOf(flow, owner, predicted, (await world.status()).stacks);
    const result = await world.trace(request, neighbourBudget());
    const visits = visitsIn(result, request);
    const judgement = judgeTrace(visits, result.measurement, flow.from, predicted);
    const cause = predicted.verdict === 'yes' ? undefined : causeOf({ lowered, sources }, lab, predicted);
    const report: TraceReport = {
      lab: lab.name,
      ...{ flow, to, visits, ...judgement, predicted, cause: cause?.text ?? null },
      ...{ measured: result.measurement, blind: result.blind },
    };
    if (options.json) print(printJson({ ...report, predicted: { verdict: predicted.verdict, stop: predicted.stop } }));
    else print(printTrace(report, { width: widthOf(), paint: painter(hasColour()) }));
    return judgement.end === null ? exitCode.asWished : exitCode.no;
  });
};
