/** What comes of a command. */
/** What a command did: something the draft now says, something it has no words for, or nothing, as it is refused. */
export type Effect =
  { readonly kind: 'done' } | { readonly kind: 'unsaid' | 'wrong' | 'ignored'; readonly message: string };

export const done: Effect = { kind: 'done' };
export const unsaid = (message: string): Effect => ({ kind: 'unsaid', message });
export const wrong = (message: string): Effect => ({ kind: 'wrong', message });
export const ignored = (message: string): Effect => ({ kind: 'ignored', message });
