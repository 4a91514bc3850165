/** An interface of a host is a port of one bridge at most, and a bridge port proxies for nobody. */
import { type Context } from '../context.ts';
import { type DraftNetwork } from '../draft.ts';

export const checkUplinks = (context: Context): void => {
  const users = new Map<string, DraftNetwork[]>();
  for (const network of context.draft.networks.values()) {
    if (network.uplink === undefined || network.host === undefined) continue;
    const key = `${network.host}/${network.uplink.nic}`;
    const others = users.get(key) ?? [];
    users.set(key, [...others, network]);
    const first = others.find((other) => other.mode === 'bridged' || network.mode === 'bridged');
    if (first === undefined) continue;
    const message = `\`${network.name}\` and \`${first.name}\` both use \`${network.uplink.nic}\` of \`${network.host}\`, which can be a port of one bridge only`;
    context.findings.error('nic-used-twice', message, network.at, {
      notes: [{ message: `\`${first.name}\` uses it here`, at: first.at }],
      help: `put the machines of \`${network.name}\` on \`${first.name}\`, or use another interface`,
    });
  }
};
