/**
 * What the sides of a terminal session say to each other: once it has begun, either sends lines of JSON until one of them
 * closes the connection. Bytes travel in base64.
 */
import { type TerminalSize } from '../guest/attached.ts';

/** What a session is with. */
export type SessionRequest =
  | { readonly op: 'console'; readonly machine: string }
  | {
      readonly op: 'exec';
      readonly machine: string;
      readonly argv: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      /** Present: on a terminal of its own. */
      readonly terminal?: TerminalSize;
    };

export type SessionInput =
  { readonly input: string } | { readonly isEnd: true } | { readonly size: TerminalSize } | { readonly signal: number };

export type SessionOutput = { readonly output: string } | { readonly status: number };
