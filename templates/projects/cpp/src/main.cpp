// Serves a page with the state of the board. With --healthy: is another one of us doing so?
#include <exception>
#include <iostream>
#include <string_view>

#include "server.hpp"
#include "status.hpp"

#ifndef PORT
#define PORT 8080
#endif

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--healthy")
        return answers(PORT) ? 0 : 1;
    try {
        std::cout << "the page is at port " << PORT << std::endl;
        serve(PORT, [] { return to_page(current_status().value_or(Status{})); });
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
    std::cout << "stopping" << std::endl;
    return 0;
}
