/** The ways through the walker that lead back into one another, put together. */
import { type Ways } from './course.ts';
import { climb, enterBy, leaveByLink } from './link.ts';
import { findStation } from './neighbours.ts';
import { sendPacket } from './send.ts';

export const ways: Ways = { leave: leaveByLink, enter: enterBy, handUp: climb, send: sendPacket, findStation };
