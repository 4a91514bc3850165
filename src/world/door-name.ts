/**
 * The name of a lab's abstract unix socket. Padded to the longest name there is: Node 20 pads names with zeros and
 * later versions do not, so a name of full length is the same for all (unix(7)).
 */
import { userInfo } from 'node:os';

const longestName = 107;

export const doorPrefix = (): string => `lanwright/${userInfo().uid}/`;

export const doorName = (lab: string): string => `${doorPrefix()}${lab}`.padEnd(longestName, '.');
