/** How long answers are awaited: `patient` where guests are asked, which may be emulated and share the processors. */
export type Pace = 'quick' | 'patient';

/** Not so long that the kernel gives up a neighbour (3 s), which would look as if something were unreachable. */
export const patientMs = 2800;
