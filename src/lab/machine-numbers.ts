/**
 * Gives every machine its number: as written, as kept, or the next in its row. Each kind has a row of its own, so that
 * one more machine of any kind moves nobody: guests from 1 upwards, hosts from 61439 and outside machines from 65534
 * downwards. A guest's number skips those whose address is taken on its networks, so that number and address agree.
 */
import { contradicts, lockedMachine, type Context } from './context.ts';
import { type DraftMachine, type Role } from './draft.ts';

export type Numbers = ReadonlyMap<string, number>;

export const firstOfRow: Readonly<Record<Role, number>> = { guest: 1, host: 61439, outside: 65534, internet: 65535 };

/** MAC addresses have 16 bits for it; the last one is that of `internet`. */
const highestNumber = 65534;

/** `suits`: whether the places that this number would give the machine are free. */
export const planNumbers = (context: Context, suits: (machine: DraftMachine, number: number) => boolean): Numbers => {
  const machines = [...context.draft.machines.values()];
  const numbers = new Map<string, number>();
  const holders = new Map<number, string>();
  const give = (machine: DraftMachine, number: number): void => {
    numbers.set(machine.name, number);
    holders.set(number, machine.name);
  };
  for (const machine of machines)
    if (machine.number !== undefined) giveWritten(context, machine, machine.number, holders, give);
  for (const machine of machines) {
    const kept = lockedMachine(context.lock, machine.name)?.number;
    if (machine.number !== undefined || kept === undefined) continue;
    const holder = holders.get(kept);
    if (holder === undefined) give(machine, kept);
    else
      contradicts(
        context,
        machine.name,
        `\`${machine.name}\` is kept as number ${kept}, which \`${holder}\` has`,
        machine.at,
      );
  }
  const reserved = reservedNumbers(context);
  const isFree = (number: number): boolean => !holders.has(number) && !reserved.has(number);
  const cursors: Record<Role, number> = { ...firstOfRow };
  for (const machine of machines) {
    if (numbers.has(machine.name)) continue;
    const step = machine.role === 'guest' ? 1 : -1;
    while (cursors[machine.role] > 0 && !isFree(cursors[machine.role])) cursors[machine.role] += step;
    let number = cursors[machine.role];
    if (machine.role === 'guest')
      for (let tried = 0; tried < mostTried && !(isFree(number) && suits(machine, number)); tried += 1) number += 1;
    give(machine, isFree(number) ? number : nextFree(cursors[machine.role], step, isFree));
  }
  return numbers;
};

/** A network where so many places in a row are taken will not give a better one soon. */
const mostTried = 512;

const nextFree = (from: number, step: number, isFree: (number: number) => boolean): number => {
  let number = from;
  while (!isFree(number)) number += step;
  return number;
};

const giveWritten = (
  context: Context,
  machine: DraftMachine,
  written: NonNullable<DraftMachine['number']>,
  holders: ReadonlyMap<number, string>,
  give: (machine: DraftMachine, number: number) => void,
): void => {
  const { value, at } = written;
  if (value > highestNumber) {
    const message = `\`${machine.name}\` would have number ${value}, and the highest one is ${highestNumber}`;
    context.findings.error('number-too-high', message, at, { help: 'begin lower: clones count on from `number`' });
  }
  const kept = lockedMachine(context.lock, machine.name)?.number;
  if (kept !== undefined && kept !== value)
    contradicts(
      context,
      machine.name,
      `\`${machine.name}\` has number ${value} in the file, and ${kept} is kept for it`,
      at,
    );
  const holder = holders.get(value);
  if (holder !== undefined) {
    const first = context.draft.machines.get(holder);
    const place = first?.number?.at ?? first?.at;
    context.findings.error('duplicate-number', `\`${machine.name}\` and \`${holder}\` both have number ${value}`, at, {
      notes: place === undefined ? [] : [{ message: `\`${holder}\` has it here`, at: place }],
      help: `number ${nextFree(value + 1, 1, (number) => !holders.has(number))} is free`,
    });
  }
  give(machine, value);
};

/** Numbers of machines that are no longer in the file. */
const reservedNumbers = ({ draft, lock }: Context): ReadonlySet<number> =>
  new Set(
    Object.entries(lock?.machines ?? {})
      .filter(([name]) => !draft.machines.has(name))
      .map(([, machine]) => machine.number),
  );
