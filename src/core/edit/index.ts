/**
 * Editing YAML where it stands. Injection works on values; a file in a Git repository is more than its value. This room
 * turns "it said this, it shall say that" into the smallest splices of the text, and keeps what is needed to undo them.
 *
 *   text ─► parse with positions ─► walk before/after beside the nodes ─► splices ─► text + undo record
 *                                                                                       │
 *   original text ◄──────────────────────── readUndoRecord ◄────────────────────────────┘
 *
 * Absent on purpose: any knowledge of pods. Lists are aligned by the keys that Kubernetes names items with, no more.
 */
export { type DocumentEdit, planEdits } from './edit-yaml.ts';
export { jsonEqual } from './equal.ts';
export { applySplices, invertSplices, type Splice } from './splice.ts';
export { editWithRecord, readUndoRecord, type UndoRecord } from './undo-record.ts';
