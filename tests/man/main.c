/* SPDX-License-Identifier: MIT
 *
 * trivet-man-examples [PAGE...]: runs the example of each man page (or of those named, "SSL_connect.3tvt"), each in a process
 * of its own with a time limit, and in a directory of its own. What each is given stands in example.h.
 */
#include "tests/man/main.h"

#define PKI     TRIVET_SOURCE_DIR "/vectors/pki/ed25519/" /* every backend has it */
#define SECONDS 30u /* for one example; it needs less than one even under valgrind */

/* What is there, and under which name. */
static const struct {
    const char *from, *name;
} files[] = {{"root.pem", "root.pem"},
             {"chain.pem", "chain.pem"},
             {"key.pem", "key.pem"},
             {"../crl/ed25519/long-nobody.pem", "list.pem"}};

/* ---- the peers: on failure they end, and the example sees that its peer is gone ---- */

struct peer {
    SSL_CTX *ctx;
    int fd;
};

static SSL_CTX *
new_ctx(const SSL_METHOD *method, bool server)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    int ok = server ? SSL_CTX_use_certificate_chain_file(ctx, PKI "chain.pem") == 1 &&
                          SSL_CTX_use_PrivateKey_file(ctx, PKI "key.pem", SSL_FILETYPE_PEM) == 1
                    : SSL_CTX_load_verify_file(ctx, PKI "root.pem") == 1;
    if (ok)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static SSL *
new_ssl(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_set_tlsext_host_name(ssl, "localhost") == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static void *
echo(void *user)
{
    struct peer *peer = user;
    SSL *ssl = new_ssl(peer->ctx, peer->fd);
    char data[16384];
    int n;
    if (SSL_accept(ssl) == 1) {
        while ((n = SSL_read(ssl, data, sizeof data)) > 0 && SSL_write(ssl, data, n) == n)
            ;
        (void)SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    (void)shutdown(peer->fd, SHUT_RDWR);
    return NULL;
}

static void *
say_hello(void *user)
{
    struct peer *peer = user;
    SSL *ssl = new_ssl(peer->ctx, peer->fd);
    char data[256];
    if (SSL_connect(ssl) == 1) {
        if (SSL_write(ssl, "hello\n", 6) == 6)
            (void)SSL_read(ssl, data, sizeof data);
        (void)SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    (void)shutdown(peer->fd, SHUT_RDWR);
    return NULL;
}

/* ---- one example, in a process of its own ---- */

static int
run_connection(const struct man_example *example)
{
    struct peer peer;
    pthread_t thread;
    int fd[2], result = -1;
    SSL_CTX *ctx = new_ctx(TLS_method(), example->accepts);
    peer.ctx = new_ctx(TLS_method(), !example->accepts);
    SSL *ssl = NULL;
    if (ctx != NULL && peer.ctx != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0) {
        peer.fd = fd[1];
        ssl = new_ssl(ctx, fd[0]);
        if (ssl != NULL && pthread_create(&thread, NULL, example->accepts ? say_hello : echo, &peer) == 0) {
            result = example->connection(ssl);
            (void)shutdown(fd[0], SHUT_RDWR); /* an example need not close: the peer must end */
            (void)pthread_join(thread, NULL);
        }
        SSL_free(ssl);
        close(fd[0]);
        close(fd[1]);
    }
    SSL_CTX_free(ctx);
    SSL_CTX_free(peer.ctx);
    return result;
}

static int
run_context(const struct man_example *example)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    int result = ctx != NULL ? example->context(ctx) : -1;
    SSL_CTX_free(ctx);
    return result;
}

static void
run_here(const struct man_example *example)
{
    int result;
    (void)signal(SIGPIPE, SIG_DFL);
    if (example->connection != NULL)
        result = run_connection(example);
    else
        result = example->context != NULL ? run_context(example) : example->plain();
    if (result != 1) {
        printf("docs/man/%s: the example returned %d instead of 1\n", example->page, result);
        ERR_print_errors_fp(stdout);
    }
    exit(result == 1 ? 0 : 1);
}

/* ---- all of them ---- */

static bool
enter_directory(char *directory)
{
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char from[4096];
        (void)snprintf(from, sizeof from, "%s%s", PKI, files[i].from);
        if (symlink(from, files[i].name) != 0)
            return false;
    }
    return true;
}

/* Waits for the process: what it came to, or -1 when its time is over. */
static int
wait_for(pid_t pid)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    for (time_t end = time(NULL) + SECONDS; time(NULL) <= end; (void)nanosleep(&nap, NULL)) {
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return -1;
}

static bool
run(const struct man_example *example)
{
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        run_here(example);
    int status = pid > 0 ? wait_for(pid) : -1;
    if (status == -1)
        printf("docs/man/%s: the example did not end within %u s\n", example->page, SECONDS);
    else if (WIFSIGNALED(status))
        printf("docs/man/%s: the example was ended by signal %d\n", example->page, WTERMSIG(status));
    else if (status != 0)
        printf("docs/man/%s: the example failed\n", example->page);
    return status == 0;
}

static bool
chosen(const char *page, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(page, argv[i]) == 0)
            return true;
    return argc < 2;
}

int
main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0, without = 0;
    for (size_t i = 0; man_examples[i] != NULL; i++) {
        const struct man_example *example = man_examples[i];
        char directory[] = "man-example-XXXXXX"; /* where ctest starts it: in the build */
        if (!chosen(example->page, argc, argv))
            continue;
        if (example->connection == NULL && example->context == NULL && example->plain == NULL) {
            without++;
            continue;
        }
        if (!enter_directory(directory)) {
            perror(directory);
            return 1;
        }
        bool ok = run(example);
        passed += ok;
        failed += !ok;
        char *const command[] = {"rm", "-rf", directory, NULL};
        pid_t pid = chdir("..") == 0 ? fork() : -1;
        if (pid == 0) {
            execvp(*command, command);
            _exit(127);
        }
        (void)waitpid(pid, NULL, 0);
    }
    printf("%u pages have no example\n%u passed, %u failed\n", without, passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
