/** Where a packet stops, and the error that may be told of it. */
import { type Because, type StopReason } from '../walk.ts';
import { type ErrorToSend, type Fate } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { type Carriage, type FrameStop } from './frames.ts';
import { type HookResult } from './hook.ts';
import { type ErrorKind } from './input-route.ts';

export type Stopped = Extract<Fate, { kind: 'stopped' }>;
type Refused = Extract<HookResult, { kind: 'drop' }>;

export const stopped = (
  stack: string,
  dev: string | null,
  stage: string,
  reason: StopReason,
  because: Because,
  more: Pick<Stopped, 'error' | 'local'> = {},
): Stopped => ({ kind: 'stopped', stop: { stack, interface: dev, stage, reason, because }, ...more });

/** What tells best why a frame did not arrive. */
export const telling = ({ stops }: Carriage): FrameStop | undefined =>
  stops.find(({ reason }) => reason !== 'other_host') ?? stops[0];

export const withError = ({ error, ...stop }: FrameStop): Stopped => ({
  kind: 'stopped',
  stop,
  ...(error === undefined ? {} : { error }),
});

/** The error belongs to the connection of the packet that it tells of (nf_ct_attach). */
export const errorAbout = (
  stack: string,
  kind: ErrorKind,
  dev: string | null,
  { packet, tracking }: Passing,
  isForMe = false,
): ErrorToSend => ({
  stack,
  kind,
  interface: dev,
  packet,
  isForMe,
  ...(tracking?.connection === undefined ? {} : { tracking }),
});

export const filtered = (
  stack: string,
  dev: string | null,
  hook: string,
  result: Pick<Refused, 'because' | 'reject' | 'tracking' | 'isSilent'>,
  passing: Passing,
  isForMe: boolean,
): Stopped => {
  const tracking = result.tracking ?? passing.tracking;
  const dropped: StopReason = tracking?.state === 'invalid' ? 'ct_invalid' : 'nf_drop';
  const reason: StopReason = result.reject === undefined ? dropped : 'nf_reject';
  const isTold = result.isSilent !== true && (passing.packetType === 'host' || result.reject === 'tcp-reset');
  if (result.reject === undefined || !isTold) return stopped(stack, dev, hook, reason, result.because);
  return stopped(stack, dev, hook, reason, result.because, {
    error: errorAbout(stack, result.reject, passing.in ?? null, { ...passing, tracking }, isForMe),
  });
};
