/** What runs in the bed of guests: plans carried out on namespaces and stand-ins of guests side by side. */
import { carryOut } from '../../src/linux/carry-out.ts';
import { openKernel } from '../../src/linux/kernel.ts';
import { observe } from '../../src/linux/observe.ts';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { measure } from '../../src/probe/measure.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import {
  noServices,
  servicesOf,
  startService,
  stopService,
  stopStack,
  untilServersListen,
} from '../../src/world/services.ts';
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
  const apply = async (desired: NetworkState): Promise<Reply> => {
    const { steps } = planChanges(await look(), desired);
    const failures = await carryOut(
      kernel,
      steps,
      {
        startService: (stack, { service }) => startService(kernel, services, stack, service),
        stopService: (stack, { service }) => stopService(services, stack, service),
        leaveStack: (stack) => stopStack(services, stack),
        machines,
      },
      () => undefined,
    );
    if (failures.length === 0) {
      await untilServersListen(services);
      await settle({ kernel, services } as Parameters<typeof settle>[0], desired);
    }
    const left = planChanges(await look(), desired).steps;
    return {
      steps: steps.length,
      failures: failures.map(({ step, message }) => `${printStep(step)}: ${message}`),
      left: left.map(printStep),
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
