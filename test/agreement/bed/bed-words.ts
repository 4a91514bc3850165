/** What the two ends of a bed have to agree on. */

/** The argument that tells a program that it is in a bed. */
export const bedWord = 'in-bed';

export type BedAnswer<Answer> = { readonly value: Answer } | { readonly failure: string };
