/**
 * A terminal session over a connection to the supervisor: with the console of a virtual machine, or a program in it.
 */
import { doorOf } from '../linux/kernel.ts';
import { type GuestDoor } from '../guest/guest-door.ts';
import { type Attached } from '../guest/attached.ts';
import { type SessionInput, type SessionOutput, type SessionRequest } from './session-messages.ts';
import { type Site } from './site.ts';

export interface Session {
  readonly hear: (message: SessionInput) => void;
  /** The other side has gone. */
  readonly end: () => void;
}

type Tell = (message: SessionOutput) => void;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');

const lookAtConsole = ({ machines }: Site, machine: string, tell: Tell): Session => {
  const running = machines.running.get(machine);
  if (running === undefined) throw new Error(`\`${machine}\` is no virtual machine that runs`);
  const { attach, type } = running.guest.console;
  const leave = attach({ show: (bytes) => tell({ output: base64(bytes) }), over: () => tell({ status: 0 }) });
  return {
    hear: (message) => {
      if ('input' in message) type(bytesOf(message.input));
    },
    end: leave,
  };
};

const SIGHUP = 1;

const runProgram = ({ kernel }: Site, request: SessionRequest & { readonly op: 'exec' }, tell: Tell): Session => {
  const door = doorOf(kernel, request.machine);
  if (door.kind !== 'guest') throw new Error(`\`${request.machine}\` is no virtual machine`);
  const attached: Attached = (door as GuestDoor).attach(request.argv, request.environment, request.terminal, {
    output: (bytes) => tell({ output: base64(bytes) }),
    ended: (status) => tell({ status }),
  });
  return {
    hear: (message) => {
      if ('input' in message) attached.write(bytesOf(message.input));
      else if ('isEnd' in message) attached.write(new Uint8Array(0));
      else if ('size' in message) attached.resize(message.size);
      else attached.kill(message.signal);
    },
    end: () => attached.kill(SIGHUP),
  };
};

/** Begins a session; throws where there is nothing to talk to. */
export const beginSession = (site: Site, request: SessionRequest, tell: Tell): Session =>
  request.op === 'console' ? lookAtConsole(site, request.machine, tell) : runProgram(site, request, tell);
