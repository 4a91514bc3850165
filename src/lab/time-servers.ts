/** Whom the members of a network are told to ask for the time: machines of the lab, and addresses. */
import { parseIp, printIp } from '../net/address.ts';
import { type Context } from './context.ts';
import { type DraftNetwork } from './draft.ts';
import { helpForUnknown } from './unknown-name.ts';

export const readTimeServers = (context: Context, network: DraftNetwork): readonly string[] | undefined => {
  const { ntp } = network.spec;
  if (ntp === undefined) return undefined;
  const path = [...network.path, 'ntp'];
  const all =
    typeof ntp === 'string' ? [{ text: ntp, at: path }] : ntp.map((text, index) => ({ text, at: [...path, index] }));
  return all.flatMap(({ text, at }) => {
    const address = parseIp(text);
    if (address !== undefined) return [printIp(address)];
    if (context.draft.machines.has(text)) return [text];
    const message = `\`${network.name}\` tells its members to ask \`${text}\` for the time, and there is no such machine`;
    const help = helpForUnknown(text, [...context.draft.machines.keys()], 'machines');
    context.findings.error('unknown-machine', message, context.spec.source.spanOf(at), { help });
    return [];
  });
};
