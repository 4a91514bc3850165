/** What comes of a command. */
import { field } from '../../state/spelling.ts';

/** What a command did: something the draft now says, something it has no words for, or nothing, as it is refused. */
export type Effect =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'unsaid' | 'wrong' | 'ignored';
      readonly message: string;
      /** Of the remark, where others than its reader must know what is wrong. */
      readonly code?: RefusalCode;
    };

/** A gateway that is in no subnet: of a default route, or of another. */
export type RefusalCode = 'unreachable-default-gateway' | 'unreachable-gateway';

export const done: Effect = { kind: 'done' };
export const unsaid = (message: string): Effect => ({ kind: 'unsaid', message });
export const wrong = (message: string, code?: RefusalCode): Effect => ({
  kind: 'wrong',
  message,
  ...field('code', code),
});
export const ignored = (message: string): Effect => ({ kind: 'ignored', message });

/** `usual`: what its reader calls whatever goes wrong there. */
export const codeOf = (effect: Effect, usual: string): string =>
  effect.kind === 'done' ? usual : (effect.code ?? usual);
