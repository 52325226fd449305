/** The calls of the Kubernetes API by their usual names. */
import type { JsonArray, JsonObject } from '../core/json.ts';
import type { ApiOutcome, KubeApi } from './kube-api.ts';

export function getObject(api: KubeApi, path: string): Promise<ApiOutcome<JsonObject>> {
  return api.request({ method: 'GET', path });
}

export function createObject(
  api: KubeApi,
  path: string,
  object: JsonObject,
  query?: Readonly<Record<string, string>>,
): Promise<ApiOutcome<JsonObject>> {
  return api.request({ method: 'POST', path, body: object, query });
}

/** Replaces an object; its `resourceVersion` makes the call a compare-and-swap (409 `Conflict`). */
export function replaceObject(api: KubeApi, path: string, object: JsonObject): Promise<ApiOutcome<JsonObject>> {
  return api.request({ method: 'PUT', path, body: object });
}

/** Server-side apply: `fieldManager` owns the fields of `object` from now on. */
export function applyObject(
  api: KubeApi,
  path: string,
  object: JsonObject,
  options: { readonly fieldManager: string; readonly force: boolean; readonly dryRun?: boolean },
): Promise<ApiOutcome<JsonObject>> {
  return api.request({
    method: 'PATCH',
    path,
    body: object,
    contentType: 'application/apply-patch+yaml',
    query: {
      fieldManager: options.fieldManager,
      force: String(options.force),
      ...(options.dryRun === true ? { dryRun: 'All' } : {}),
    },
  });
}

export function jsonPatchObject(
  api: KubeApi,
  path: string,
  patch: JsonArray,
  fieldManager: string,
): Promise<ApiOutcome<JsonObject>> {
  const contentType = 'application/json-patch+json';
  return api.request({ method: 'PATCH', path, body: patch, contentType, query: { fieldManager } });
}

export function deleteObject(
  api: KubeApi,
  path: string,
  query?: Readonly<Record<string, string>>,
): Promise<ApiOutcome<JsonObject>> {
  return api.request({ method: 'DELETE', path, query });
}
