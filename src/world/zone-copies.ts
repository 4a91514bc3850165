/**
 * Zones that name servers copy from each other: whether all of them have come to what is served last. A secondary was started before its primary asks again only after a minute; here it is bidden to at once.
 */
import { isTransferring } from '../services/named.ts';
import { serialOf } from '../services/risen-zones.ts';
import { type NameServer } from '../state/service.ts';
import { namedControl } from './name-programs.ts';
import { keyOfServed, type ServedZones } from './served-zones.ts';
import { filesOfService } from './service-commands.ts';
import { type Running, type Services } from './services.ts';

interface Copy {
  readonly view: string;
  readonly zone: string;
  readonly serial: number;
}

/** What a server is to have come to. */
const copiesFor = (served: ServedZones, { views }: NameServer): readonly Copy[] =>
  views.flatMap(({ name: view, zones }) =>
    zones.flatMap(({ name: zone }) => {
      const last = served.get(keyOfServed(view, zone));
      return last === undefined ? [] : [{ view, zone, serial: serialOf(last) }];
    }),
  );

const control = (running: Running, ...words: readonly string[]): Promise<{ readonly stdout: string }> =>
  running.door.run(namedControl(filesOfService(running.stack, running.service), ...words), { timeoutMs: 2000 });

/** The serial number of the zone that a server serves; 0 where it serves none yet. */
const serialNow = async (running: Running, { view, zone }: Copy): Promise<number> => {
  const { stdout } = await control(running, 'zonestatus', zone, 'IN', view);
  return Number(/^serial: (\d+)$/m.exec(stdout)?.[1] ?? 0);
};

/** Zones that it has not come to; one that it has nothing of is asked for. */
const behind = async (running: Running, copies: readonly Copy[]): Promise<readonly Copy[]> => {
  const late: Copy[] = [];
  for (const copy of copies) {
    const serial = await serialNow(running, copy);
    if (serial === copy.serial) continue;
    late.push(copy);
    if (serial === 0) await control(running, 'refresh', copy.zone, 'IN', copy.view);
  }
  return late;
};

const patienceMs = 6000;
const lookEveryMs = 200;

const lookAt = async (running: Running, copies: readonly Copy[], until: number): Promise<void> => {
  let late = copies;
  do {
    late = await behind(running, late);
    running.lacks = late.map(({ zone }) => zone);
    if (late.length === 0 || running.ended || running.door.isLost) return;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  } while (Date.now() < until);
};

/** Waits, within bounds, until all name servers serve the zones that are served last; `lacks` tells what some do not. */
export const untilZonesAreCopied = async ({ running, served }: Services): Promise<void> => {
  const until = Date.now() + patienceMs;
  const copying = running.flatMap((one) =>
    one.service.kind === 'name-server' && isTransferring(one.service)
      ? [lookAt(one, copiesFor(served, one.service), until)]
      : [],
  );
  await Promise.all(copying);
};
