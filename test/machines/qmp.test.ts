/** The monitor of a QEMU that ends while it is greeted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMonitor } from '../../src/machines/qmp.ts';

const whileListening = async (meet: (socket: Socket) => void, work: (path: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'qmp-'));
  const path = join(folder, 'monitor');
  const server = createServer(meet);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await work(path);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
};

const nothing = (): void => undefined;

describe('a monitor', () => {
  it.each([
    ['at once', (socket: Socket) => void socket.destroy()],
    ['after its greeting', (socket: Socket) => void socket.end('{"QMP": {}}\n')],
    ['when it is asked', (socket: Socket) => void socket.once('data', () => socket.destroy())],
  ])('that hangs up %s is no monitor', async (_when, meet) => {
    await whileListening(meet, async (path) => {
      expect(await openMonitor(path, nothing, () => false)).toBeUndefined();
    });
  });
});
