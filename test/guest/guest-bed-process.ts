/** What runs in the bed of guests: plans carried out on namespaces and stand-ins of guests side by side. */
import { carryOut, type Helpers } from '../../src/linux/carry-out.ts';
import { openKernel } from '../../src/linux/kernel.ts';
import { observe } from '../../src/linux/observe.ts';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { measure } from '../../src/probe/measure.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { statusOf, untilServersListen } from '../../src/world/service-status.ts';
import { noServices, servicesOf, startService, stopService, stopStack } from '../../src/world/services.ts';
import { settle } from '../../src/world/settle.ts';
import { serveBed } from '../agreement/bed/serve-bed.ts';
import { type Question, type Reply } from './guest-bed.ts';
import { standIns } from './stand-in.ts';

serveBed(() => {
  const kernel = openKernel();
  const services = noServices();
  const virtual = new Set<string>();
  const machines = standIns(kernel, process.env['GUEST_AGENT'] ?? '', virtual);
  const look = (): Promise<NetworkState> => observe(kernel, (stack) => servicesOf(services, stack));
  const helpers: Helpers = {
    startService: (stack, { service }) => startService(kernel, services, stack, service),
    stopService: (stack, { service }) => stopService(services, stack, service),
    leaveStack: (stack) => stopStack(services, stack),
    machines,
  };
  const apply = async (desired: NetworkState): Promise<Reply> => {
    let open = planChanges(await look(), desired).steps;
    let steps = 0;
    const failures: string[] = [];
    // What one change takes along, such as routes that go with an address, the next brings back.
    for (let round = 0; round < 3 && open.length > 0 && failures.length === 0; round += 1) {
      const refused = await carryOut(kernel, open, helpers, () => undefined);
      failures.push(...refused.map(({ step, message }) => `${printStep(step)}: ${message}`));
      steps += open.length;
      open = planChanges(await look(), desired).steps;
    }
    if (failures.length === 0) {
      await untilServersListen(services);
      await settle({ kernel, services }, desired);
    }
    return {
      steps,
      failures,
      left: open.map(printStep),
      words: statusOf(services).map(({ kind, state, detail }) => `${kind} ${state} ${detail}`),
    };
  };
  const answer = async (question: Question): Promise<unknown> => {
    switch (question.do) {
      case 'choose':
        virtual.clear();
        for (const stack of question.virtual) virtual.add(stack);
        return null;
      case 'apply':
        return apply(question.state);
      case 'observe':
        return look();
      case 'measure':
        return measure(kernel, question.probes, 1000, () => undefined);
      case 'signal':
        return machines.processOf(question.stack)?.kill(question.signal) ?? false;
    }
  };
  return answer;
});
