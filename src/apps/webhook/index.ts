/**
 * The admission webhook: HTTPS in front, the engine behind it, and around both what keeps them fed: configuration,
 * certificates, the caBundle in the webhook configuration.
 */
export {};
