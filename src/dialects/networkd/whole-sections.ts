/**
 * [Address], [Route], [RoutingPolicyRule] and [Neighbor] stand or fall as a whole: networkd leaves a section of them out
 * in which it cannot read one value (route_section_is_invalid() and its like).
 */
import { type Draft, type Tell } from '../draft.ts';

export interface Strict {
  /** Shares everything with the draft that it is from, and notes what is refused. */
  readonly draft: Draft;
  readonly isRefused: () => boolean;
}

export const strictly = (draft: Draft): Strict => {
  let isRefused = false;
  const tell: Tell = (kind, code, message, at, help) => {
    if (code === 'bad-value') isRefused = true;
    draft.tell(kind, code, message.replace(/the line$/, 'the whole section'), at, help);
  };
  return { draft: { ...draft, tell }, isRefused: () => isRefused };
};
