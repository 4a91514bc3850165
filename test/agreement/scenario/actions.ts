/** What a scenario bed does for each action, in its own process. */
import { writeFileSync } from 'node:fs';
import { runIn } from '../../../src/linux/filters.ts';
import { socketOf, stacksOf, within } from '../../../src/linux/kernel.ts';
import { readLinks } from '../../../src/linux/rtnetlink-read.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { type Site } from '../../../src/world/site.ts';
import { bringAbout } from '../../../src/world/bring-about.ts';
import { closeListeners, openListeners } from '../prober/listeners.ts';
import { measure } from '../prober/measure.ts';
import { type Action, type Result } from './scenario.ts';

/** Timers of neighbours that never answer, and limits that would make errors a matter of chance. */
const impatience: Readonly<Record<string, string>> = {
  'net/ipv4/icmp_ratemask': '0',
  'net/ipv4/icmp_ratelimit': '0',
  'net/ipv4/icmp_msgs_per_sec': '1000000',
  'net/ipv4/icmp_msgs_burst': '1000000',
  'net/ipv6/icmp/ratelimit': '0',
};
const impatientNeighbours = { mcast_solicit: '2', ucast_solicit: '1', retrans_time_ms: '50', proxy_delay: '0' };

const writeSysctls = ({ kernel }: Site, stack: string, values: Readonly<Record<string, string>>): void =>
  within(kernel, stack, () => {
    for (const [key, value] of Object.entries(values)) writeFileSync(`/proc/sys/${key}`, value);
  });

const makeImpatient = (site: Site): void => {
  for (const stack of stacksOf(site.kernel)) {
    const names = readLinks(socketOf(site.kernel, stack)).map(({ name }) => name);
    writeSysctls(site, stack, impatience);
    for (const name of names)
      for (const family of ['ipv4', 'ipv6'])
        for (const [key, value] of Object.entries(impatientNeighbours))
          writeSysctls(site, stack, { [`net/${family}/neigh/${name}/${key}`]: value });
  }
};

const apply = async (site: Site, state: NetworkState): Promise<Result> => {
  const desired = normalize(state);
  const { failure } = await bringAbout(site, {
    desired,
    startOrder: Object.keys(desired.stacks),
    onProgress: () => undefined,
  });
  makeImpatient(site);
  return { did: 'apply', failure: failure === undefined ? null : `${failure.step}: ${failure.message}` };
};

const indexIn =
  ({ kernel }: Site) =>
  (stack: string, name: string): number =>
    readLinks(socketOf(kernel, stack)).find((link) => link.name === name)?.index ?? 0;

export const carryOutAction = async (site: Site, action: Action): Promise<Result> => {
  switch (action.do) {
    case 'apply':
      return apply(site, action.state);
    case 'probe': {
      const listeners = openListeners(site.kernel, stacksOf(site.kernel));
      const measured = await measure(
        { kernel: site.kernel, listeners, indexOf: indexIn(site) },
        action.flows,
        action.cutOffMs,
      );
      closeListeners(listeners);
      return { did: 'probe', measured };
    }
    case 'sysctl':
      writeSysctls(site, action.stack, action.values);
      return { did: 'sysctl' };
    case 'run': {
      const { status, stdout, stderr } = await runIn(site.kernel, action.stack, action.argv, action.input);
      return { did: 'run', status, stdout, stderr };
    }
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, action.ms));
      return { did: 'wait' };
  }
};
