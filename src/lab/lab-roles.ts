/** What machines do for others beside their network, with everything decided. */
import { type Span } from '../diagnostics/diagnostic.ts';

export type LabRole =
  | { readonly kind: 'web'; readonly ports: readonly number[]; readonly folder?: string; readonly at: Span }
  /** `sources`: addresses that it asks for the time itself. */
  | { readonly kind: 'time'; readonly sources: readonly string[]; readonly at: Span }
  /** `relay`: an address. */
  | { readonly kind: 'mail'; readonly domain: string; readonly relay?: string; readonly at: Span }
  | {
      readonly kind: 'files';
      readonly share: string;
      readonly folder: string;
      readonly isReadOnly?: true;
      readonly at: Span;
    };

/** By the name of the machine, in the order of the file; machines without a role are missing. */
export type LabRoles = Readonly<Record<string, readonly LabRole[]>>;
