/** `npm run docs`: writes the parts of docs/ that come from the code anew. Needs dist/ (npm run build). */
import { writeFileSync } from 'node:fs';
import { generatedDocs } from './generated-docs.ts';
import { problemPages } from './problem-examples.ts';

for (const { file, present, wanted } of [...generatedDocs(), ...problemPages()]) {
  if (present === wanted) continue;
  writeFileSync(file, wanted);
  console.log(`${file} written`);
}
