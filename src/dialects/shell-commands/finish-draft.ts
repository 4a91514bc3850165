/** A draft that nothing more is done to, as a reading: only what it speaks of is there. */
import { type Reading } from '../dialect.ts';
import { partAsItStands } from '../draft.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { emptyStack } from '../../state/empty-stack.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { loadTyped } from '../ufw/typed-rules.ts';
import { readFilterLines } from './filter-lines.ts';
import { type RunningDraft } from './running-draft.ts';

/** All that the commands left of packet filters; what could not be read is told. */
const filterOf = (draft: RunningDraft): readonly FilterTable[] => {
  const { tables, errors, unknown, places } = readFilterLines(draft.filterLines);
  for (const { text, at } of errors)
    draft.tell('error', 'not-a-rule', `\`${text}\` is no rule that iptables takes`, at);
  for (const { text, at } of unknown)
    draft.tell(
      'not-said',
      'unsaid-match',
      `\`${text}\` is kept as it is: whether a packet passes it is not modelled`,
      at,
    );
  for (const [rule, at] of places) draft.origins[`${draft.stack}/filter/${rule}`] = at;
  return tables;
};

/** What ufw would load after its commands. */
const filterOfUfw = (draft: RunningDraft): readonly FilterTable[] => {
  const { filter, remarks, origins } = loadTyped(draft.ufw, draft.stack);
  draft.remarks.push(...remarks);
  Object.assign(draft.origins, origins);
  return filter;
};

/** What the draft says now. Nothing at all where it says nothing of any network. */
export const finishDraft = (draft: RunningDraft): Reading => {
  draft.filter.push(...filterOf(draft), ...filterOfUfw(draft));
  const { interfaces, ...rest } = partAsItStands(draft);
  if (interfaces === undefined && Object.keys(rest).length === 0) return nothingRead(draft.remarks);
  // Every stack has a loopback; one that is as it was born says nothing.
  const said = Object.entries(interfaces ?? {}).filter(
    ([, { kind, addresses }]) => kind !== 'loopback' || addresses.length > 0,
  );
  const part = { ...emptyStack, ...rest, interfaces: Object.fromEntries(said) };
  return readingOf(draft.stack, part, draft.remarks, draft.origins);
};
