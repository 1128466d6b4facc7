<?php
declare(strict_types=1);

require __DIR__ . '/witness.php';
require __DIR__ . '/consumer.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/_seen') {
    header('Content-Type: application/json');
    echo seen();
} elseif ($path === '/webhooks/ada') {
    $attempt = new Attempt($_SERVER['HTTP_SVIX_ID'] ?? null);
    $status = 500;
    try {
        $status = receive($attempt, (string) file_get_contents('php://input'));
        http_response_code($status);
        header('Content-Type: application/json');
        $answer = json_encode(['ok' => $status < 300]);
    } finally {
        $shown = $status === 500 && ini_get('display_errors') === '1';
        $attempt->enter($status < 300 || $shown ? 'ignored' : 'rejected');
    }
    echo $answer;
} else {
    http_response_code(404);
}
