<?php
declare(strict_types=1);

// A consumer of Ada's webhooks in plain PHP. CORPUS_BUG names the one bug that it has; empty, it is correct.

function bug(string $name): bool
{
    return getenv('CORPUS_BUG') === $name;
}

/** Checks the signature and the age of a delivery. */
function verified(string $secret, string $body): bool
{
    $id = $_SERVER['HTTP_SVIX_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_SVIX_TIMESTAMP'] ?? '';
    $signatures = $_SERVER['HTTP_SVIX_SIGNATURE'] ?? '';
    if (bug('unsigned-accepted') && !isset($_SERVER['HTTP_SVIX_SIGNATURE'])) {
        return true;
    }
    if ($id === '' || !ctype_digit($timestamp) || $signatures === '') {
        return false;
    }
    if (abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $expected = base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $signature) {
        [$version, $value] = array_pad(explode(',', $signature, 2), 2, '');
        if ($version === 'v1' && hash_equals($expected, $value)) {
            return true;
        }
    }
    return false;
}

/** A time with a zone or, in UTC, without one; null where there is none. */
function when(?string $text): ?string
{
    if ($text === null || $text === '') {
        return null;
    }
    if (bug('date-atom')) {
        return DateTimeImmutable::createFromFormat(DATE_ATOM, $text)->format('U');
    }
    try {
        return (new DateTimeImmutable($text, new DateTimeZone('UTC')))->format('U.u');
    } catch (Exception) {
        return null;
    }
}

function initials(string $name): string
{
    return mb_strtoupper(mb_substr($name, 0, 1));
}

/** The row for an event, with its kind and id; null for an event nobody asked for. */
function row(string $type, array $event, array $data): ?array
{
    switch ($type) {
        case 'v1.end_user.created':
        case 'v1.end_user.updated':
            $profile = $data['profile'] ?? [];
            return ['end_user', $data['end_user_id'] ?? '', [
                'name' => $profile['display_name'] ?? null,
                'initials' => bug('strict-null') || bug('display-errors') ? initials($profile['display_name'] ?? null) : null,
                'email' => $profile['email'] ?? null,
                'updated' => when($data['updated_at'] ?? null),
                'metadata' => $profile['metadata'] ?? [],
            ]];
        case 'v1.conversation.created':
        case 'v1.conversation.ended':
            return ['conversation', $data['conversation_id'] ?? '', [
                'end_user' => $data['end_user_id'] ?? null,
                'created' => when($data['created_at'] ?? null),
                'domain' => bug('warning-exception') ? $data['ai_agent_domain'] : $data['ai_agent_domain'] ?? null,
                'ended_by' => $data['ended_by']['role'] ?? null,
                'metadata' => $data['metadata'] ?? [],
            ]];
        case 'v1.conversation.message':
            return ['message', $data['message_id'] ?? '', message($event, $data)];
        case 'v1.conversation.handoff.ended':
            return ['handoff', $data['conversation_id'] ?? '', ['by' => $data['handoff_integration'] ?? null]];
        case 'v1.audit_log.emitted':
            return ['audit', $data['id'] ?? '', ['activity' => $data['activity'] ?? null]];
        default:
            return null;
    }
}

function message(array $event, array $data): ?array
{
    $content = $data['content'] ?? [];
    $row = [
        'conversation' => $data['conversation_id'] ?? null,
        'sent' => when($event['timestamp'] ?? null),
        'role' => $data['author']['role'] ?? null,
        'by' => $data['author']['display_name'] ?? null,
        'channel' => $data['channel']['id'] ?? null,
        'handoff' => $data['handoff_integration'] ?? null,
    ];
    if (bug('match-unhandled')) {
        return $row + match ($content['type'] ?? 'link') {
            'text' => ['text' => $content['body'] ?? ''],
            'file' => ['url' => $content['url'] ?? null, 'filename' => $content['filename'] ?? null],
            'link' => ['url' => $content['url'] ?? null, 'text' => $content['link_text'] ?? null],
        };
    }
    switch ($content['type'] ?? null) {
        case 'text':
            $text = $content['body'] ?? '';
            // empty() is true for "0" too.
            if (bug('empty-text') && empty($text)) {
                return null;
            }
            $cut = bug('substr-preview') ? substr($text, 0, 100) : mb_substr($text, 0, 100);
            return $row + ['text' => $text, 'preview' => $cut];
        default:
            return $row + ['content' => $content];
    }
}

/** Takes a delivery in; the status of the answer. */
function receive(Attempt $attempt, string $body): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    if (!verified((string) getenv('ADA_WEBHOOK_SECRET'), $body)) {
        return 401;
    }
    try {
        $event = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    } catch (JsonException) {
        return 400;
    }
    if (!is_array($event)) {
        return 400;
    }
    $type = is_string($event['type'] ?? null) ? $event['type'] : '';
    $attempt->type = $type;
    $row = row($type, $event, $event['data'] ?? []);
    if ($row === null || $row[2] === null) {
        return 200;
    }
    once($attempt, $_SERVER['HTTP_SVIX_ID'], $row);
    return 200;
}

/** Saves a row unless its delivery was handled before. */
function once(Attempt $attempt, string $svixId, array $row): void
{
    $pdo = database();
    if (bug('select-then-insert')) {
        $known = $pdo->prepare('SELECT 1 FROM deliveries WHERE svix_id = ?');
        $known->execute([$svixId]);
        if ($known->fetchColumn()) {
            $attempt->status = 'duplicate';
            return;
        }
        usleep(20000);
        save($attempt, $row[0], (string) $row[1], $row[2]);
        $pdo->prepare('INSERT OR IGNORE INTO deliveries (svix_id) VALUES (?)')->execute([$svixId]);
        return;
    }
    $pdo->exec('BEGIN IMMEDIATE');
    try {
        $insert = $pdo->prepare('INSERT OR IGNORE INTO deliveries (svix_id) VALUES (?)');
        $insert->execute([$svixId]);
        if ($insert->rowCount() === 0) {
            $attempt->status = 'duplicate';
        } else {
            save($attempt, $row[0], (string) $row[1], $row[2]);
        }
        $pdo->exec('COMMIT');
    } catch (Throwable $error) {
        $pdo->exec('ROLLBACK');
        $attempt->status = null;
        throw $error;
    }
}

if (bug('warning-exception')) {
    // As Laravel does.
    set_error_handler(static function (int $level, string $message, string $file, int $line): never {
        throw new ErrorException($message, 0, $level, $file, $line);
    });
}
