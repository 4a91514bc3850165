/**
 * A socket inside a guest, as one of this process: what comes in waits here until it is asked for, and the errno of
 * what failed there comes out here a little later.
 */
import { constants } from 'node:os';
import { NOTHING, SOCK_STREAM, SystemError } from '../linux/libc.ts';
import { type SocketRecipe, type StackSocket } from '../linux/stack-door.ts';
import { type GuestChannel, type Hear } from './channel.ts';
import { NEWS, OPERATION, packed, readerOf } from './frame.ts';

const { EAGAIN } = constants.errno;
/** What a datagram's failure is told for: those sent longest ago are known to have gone out. */
const rememberedSends = 4096;

interface Arrival {
  /** Negative: an errno. */
  readonly length: number;
  readonly from: Buffer;
  readonly data: Buffer;
}

interface State {
  readonly arrivals: Arrival[];
  readonly accepted: { readonly handle: number; readonly from: Uint8Array; readonly state: State }[];
  readonly refused: Map<number, (errno: number) => void>;
  nextTag: number;
  /** Undefined: still connecting. */
  connected: number | undefined;
}

const stateOf = (connected: number | undefined): State => ({
  arrivals: [],
  accepted: [],
  refused: new Map(),
  nextTag: 0,
  connected,
});

/** Datagram sockets need no answer to be connected: that there is no way shows later. */
const settleConnect = (state: State, errno: number): void => {
  if (state.connected === undefined) state.connected = errno;
  else if (errno !== 0) state.arrivals.push({ length: -errno, from: Buffer.alloc(0), data: Buffer.alloc(0) });
};

const hearFor =
  (channel: GuestChannel, state: State): Hear =>
  (news, payload) => {
    const reader = readerOf(payload);
    reader.number();
    switch (news) {
      case NEWS.connected:
        settleConnect(state, reader.number());
        break;
      case NEWS.refused: {
        const [tag, errno] = [reader.number(), reader.number()];
        const refused = state.refused.get(tag);
        if (refused === undefined)
          state.arrivals.push({ length: -errno, from: Buffer.alloc(0), data: Buffer.alloc(0) });
        else refused(errno);
        break;
      }
      case NEWS.data:
        state.arrivals.push({ length: reader.signed(), from: reader.bytes(), data: reader.rest() });
        break;
      case NEWS.accepted: {
        const handle = reader.number();
        const own = stateOf(0);
        channel.hearHandle(handle, hearFor(channel, own));
        state.accepted.push({ handle, from: reader.rest(), state: own });
        break;
      }
    }
  };

const socketOf = (channel: GuestChannel, handle: number, state: State): StackSocket => {
  const send = (tag: number, address: Uint8Array, data: Uint8Array): void =>
    channel.post(OPERATION.send, Buffer.concat([packed(handle, tag, address), data]));
  const close = (): void => {
    for (const waiting of state.accepted) channel.dropHandle(waiting.handle);
    channel.post(OPERATION.close, packed(handle, ...state.accepted.map((waiting) => waiting.handle)));
    channel.dropHandle(handle);
  };
  return {
    sendTo: (data, address, refused) => {
      state.nextTag += 1;
      state.refused.set(state.nextTag, refused);
      state.refused.delete(state.nextTag - rememberedSends);
      send(state.nextTag, address, data);
    },
    send: (data) => {
      channel.pump();
      if (state.connected === undefined) return EAGAIN;
      if (state.connected !== 0) return state.connected;
      send(0, new Uint8Array(0), data);
      return 0;
    },
    receiveFrom: (into, sender) => {
      channel.pump();
      const next = state.arrivals.shift();
      if (next === undefined) return NOTHING;
      into.set(next.data.subarray(0, into.length));
      sender.set(next.from.subarray(0, sender.length));
      return Math.min(next.length, into.length);
    },
    accept: () => {
      channel.pump();
      const next = state.accepted.shift();
      return next && { socket: socketOf(channel, next.handle, next.state), from: next.from };
    },
    takeError: () => {
      channel.pump();
      return state.connected ?? 0;
    },
    close,
  };
};

const none = new Uint8Array(0);

/** Sockets that connect are made without waiting; what goes wrong with them is what connecting ends with. */
export const openGuestSocket = (channel: GuestChannel, recipe: SocketRecipe): StackSocket => {
  const isStream = (recipe.type & 0xf) === SOCK_STREAM;
  const state = stateOf(isStream && recipe.connect !== undefined ? undefined : 0);
  const handle = channel.newHandle(hearFor(channel, state));
  const options = recipe.options ?? [];
  const request = Buffer.concat([
    packed(handle, recipe.domain, recipe.type, recipe.protocol, options.length),
    ...options.map(({ level, name, value }) => packed(level, name, value)),
    packed(recipe.bind ?? none, recipe.backlog ?? -1, recipe.connect ?? none),
  ]);
  if (recipe.connect === undefined) {
    const reply = readerOf(channel.call(OPERATION.open, request));
    const errno = reply.number();
    if (errno !== 0) {
      channel.dropHandle(handle);
      throw new SystemError(reply.text(), errno);
    }
  } else channel.post(OPERATION.open, request);
  return socketOf(channel, handle, state);
};
