/** `npm run docs`: writes the generated tables of docs/ anew. */
import { writeFileSync } from 'node:fs';
import { generatedDocs } from './generated-docs.ts';

for (const { file, present, wanted } of generatedDocs()) {
  if (present === wanted) continue;
  writeFileSync(file, wanted);
  console.log(`${file} written`);
}
