/** Rules that put what readers of dialects have remarked among the findings. */
import { type Remark } from '../dialects/dialect.ts';
import { type RawFinding } from './finding.ts';
import { type LintInput } from './rule.ts';

/** Remarks that have a rule of their own, by code. */
export const ownCodes = {
  overridden: ['overridden-key', 'set-twice', 'configured-twice', 'table-replaced', 'same-device', 'two-masters'],
  network: ['wrong-network', 'wrong-broadcast'],
  /** Of a default route, and of others. */
  gateway: ['unreachable-default-gateway', 'unreachable-gateway'],
  /** Told by rules that look at the state. */
  elsewhere: ['gateway-outside', 'address-on-port'],
} as const;

/** The machine whose file it is: the first directory is no part of it, so that files alone are one machine’s. */
export const stackOfRemark = ({ model }: LintInput, { at }: Remark): string => {
  const names = [...model.stacks.keys()];
  return names.find((name) => at.path.includes(`${name}/`)) ?? names[0] ?? '';
};

export const remarkFindings = (
  input: LintInput,
  isMeant: (remark: Remark) => boolean,
  more: (remark: Remark) => Partial<RawFinding> = () => ({}),
): readonly RawFinding[] =>
  input.remarks.filter(isMeant).map((remark) => ({
    stack: stackOfRemark(input, remark),
    message: remark.message,
    at: remark.at,
    ...(remark.help === undefined ? {} : { repair: { words: remark.help, edits: [] } }),
    ...more(remark),
  }));

/** Of a route that was refused for its gateway, whatever command or file it was in. */
export const isGatewayRemark = ({ code }: Remark): boolean => (ownCodes.gateway as readonly string[]).includes(code);

export const isDefaultGatewayRemark = ({ code }: Remark): boolean => code === ownCodes.gateway[0];
