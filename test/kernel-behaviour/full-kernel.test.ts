/**
 * What not every kernel can do, predicted and measured: all of it in one guest with Debian's kernel, whose stacks are
 * network namespaces.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { type Bench } from './bench/bench.ts';
import { hasProgram } from './bench/programs.ts';
import { bonds } from './full-kernel/bonds.ts';
import { bridgeVlans } from './full-kernel/bridge-vlans.ts';
import { openGuestBench } from './full-kernel/guest-bench.ts';
import { tunnels } from './full-kernel/tunnels.ts';
import { vlans } from './full-kernel/vlans.ts';
import { vrfs } from './full-kernel/vrfs.ts';
import { wireguard } from './full-kernel/wireguard.ts';

let opened: Bench | undefined;

const bench = (): Bench => {
  if (opened === undefined) throw new Error('the bench is not open yet');
  return opened;
};

const shared: Bench = {
  ask: (question) => bench().ask(question),
  lay: (state) => bench().lay(state),
  change: (state) => bench().change(state),
  close: () => bench().close(),
};

// Where tests are counted, its absence is a fault.
const isMissing = process.env['CI'] === undefined && !hasProgram('qemu-system-x86_64');

describe.skipIf(isMissing)('the kernel of a guest', () => {
  beforeAll(async () => {
    opened = await openGuestBench();
  });
  afterAll(() => opened?.close());

  vlans(shared);
  bridgeVlans(shared);
  tunnels(shared);
  bonds(shared);
  vrfs(shared);
  wireguard(shared);
});
