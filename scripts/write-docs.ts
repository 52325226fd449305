/** `npm run docs`: writes the parts of docs/ and of the Helm chart that come from the code anew. Needs dist/ (npm run build). */
import { writeFileSync } from 'node:fs';
import { chartFiles } from './chart-files.ts';
import { generatedDocs } from './generated-docs.ts';
import { problemPages } from './problem-examples.ts';

for (const { file, present, wanted } of [...generatedDocs(), ...problemPages(), ...chartFiles()]) {
  if (present === wanted) continue;
  writeFileSync(file, wanted);
  console.log(`${file} written`);
}
