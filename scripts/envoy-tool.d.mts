export function envoyTool(): { readonly path: string } | { readonly missing: string };
