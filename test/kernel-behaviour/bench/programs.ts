/** Programs that a machine need not have: tests that want them are skipped where they are missing. */
import { spawnSync } from 'node:child_process';

export const hasProgram = (name: string): boolean => spawnSync(name, ['--version']).status === 0;
