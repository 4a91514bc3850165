/** Who watches whether the machines of a lab are there, with everything decided. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Family } from '../net/address.ts';

export type LabAlert =
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  /** `host`: as it is written in the URL, with the port where that is. */
  | {
      readonly kind: 'webhook';
      readonly address: string;
      readonly port: number;
      readonly path: string;
      readonly host: string;
    }
  /** `address`: of the mail host; `name`: by which the watching machine says who it is, in full. */
  | {
      readonly kind: 'mail';
      readonly address: string;
      readonly port: number;
      readonly name: string;
      readonly from: string;
      readonly to: readonly string[];
    };

export interface LabWatch {
  readonly by: string;
  /** TCP. */
  readonly port: number;
  readonly everySeconds: number;
  readonly silenceSeconds: number;
  /** Who checks in, each with the address of the watching machine that it uses. */
  readonly machines: readonly { readonly machine: string; readonly family: Family; readonly address: string }[];
  readonly alert?: LabAlert;
  readonly at: Span;
}
